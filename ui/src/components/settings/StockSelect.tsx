import { MultiSelect, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Stock } from "@/lib/api/schema";
import { listStocks } from "@/lib/api/stocks/listStocks";
import { searchStocks } from "@/lib/api/stocks/searchStocks";

const TYPING_MILLISECONDS = 150;

interface Given {
  label: string;
  error?: string | undefined;
  description?: string;
}

interface StockSelectProps extends Given {
  value: string;
  onChange: (symbol: string) => void;
  /** Those without prices too: they may come. */
  isAny?: boolean;
  disabled?: boolean;
}

/** One of the stocks that are in use, found by symbol or name. */
export function StockSelect({ value, onChange, isAny = false, ...rest }: StockSelectProps) {
  const [words, setWords] = useState("");
  const isSearching = words !== "" && words !== value;
  const stocks = useMatches(isSearching ? words : "", isAny);
  return (
    <Select
      searchable
      placeholder="Choose a stock"
      nothingFoundMessage="No stock is called like that"
      data={symbolsOf(stocks, value && !isSearching ? [value] : [])}
      filter={({ options }) => options}
      renderOption={({ option }) => <Named symbol={option.value} stocks={stocks} />}
      searchValue={words}
      onSearchChange={setWords}
      value={value || null}
      onChange={(symbol) => onChange(symbol ?? "")}
      {...rest}
    />
  );
}

/** Several of them. */
export function StocksSelect({ values, onChange, ...rest }: Given & { values: string[]; onChange: (symbols: string[]) => void }) {
  const [words, setWords] = useState("");
  const stocks = useMatches(words, false);
  return (
    <MultiSelect
      searchable
      size="sm"
      placeholder={values.length === 0 ? "Choose one or several" : ""}
      nothingFoundMessage="No stock is called like that"
      data={symbolsOf(stocks, values)}
      filter={({ options }) => options}
      renderOption={({ option }) => <Named symbol={option.value} stocks={stocks} />}
      searchValue={words}
      onSearchChange={setWords}
      value={values}
      onChange={onChange}
      {...rest}
    />
  );
}

/** The stocks that have prices, by symbol; the first hundred of them. */
export function useStocks(): Stock[] {
  return withPrices(useQuery(FIRST).data?.items);
}

const FIRST = listStocks({ is_active: true, sort: "symbol", order: "asc", page_size: 100 });

/** Those that *words* name, which may be any of thousands; without words the first ones. */
function useMatches(words: string, isAny: boolean): Stock[] {
  const [wanted] = useDebouncedValue(words.trim(), TYPING_MILLISECONDS);
  const first = useQuery(FIRST).data?.items;
  const found = useQuery({ ...searchStocks(wanted), enabled: wanted !== "", placeholderData: keepPreviousData }).data?.items;
  const stocks = wanted ? found?.filter((stock) => stock.is_active) : first;
  return isAny ? (stocks ?? []) : withPrices(stocks);
}

function withPrices(stocks: Stock[] | undefined): Stock[] {
  return (stocks ?? []).filter((stock) => stock.has_prices);
}

function Named({ symbol, stocks }: { symbol: string; stocks: Stock[] }) {
  return (
    <span>
      <strong>{symbol}</strong> <span className="faint">{stocks.find((stock) => stock.symbol === symbol)?.name}</span>
    </span>
  );
}

function symbolsOf(stocks: Stock[], chosen: string[]): string[] {
  return [...new Set([...stocks.map((stock) => stock.symbol), ...chosen])];
}
