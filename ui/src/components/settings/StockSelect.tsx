import { MultiSelect, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { listStocks } from "@/lib/api/stocks/listStocks";

interface Given {
  label: string;
  error?: string | undefined;
  description?: string;
}

/** One of the stocks that are in use. */
export function StockSelect({ value, onChange, ...rest }: Given & { value: string; onChange: (symbol: string) => void }) {
  const stocks = useStocks();
  return (
    <Select
      searchable
      placeholder="Choose a stock"
      data={symbolsOf(stocks, value ? [value] : [])}
      renderOption={({ option }) => <Named symbol={option.value} stocks={stocks} />}
      value={value || null}
      onChange={(symbol) => onChange(symbol ?? "")}
      {...rest}
    />
  );
}

/** Several of them. */
export function StocksSelect({ values, onChange, ...rest }: Given & { values: string[]; onChange: (symbols: string[]) => void }) {
  const stocks = useStocks();
  return (
    <MultiSelect
      searchable
      size="sm"
      placeholder={values.length === 0 ? "Choose one or several" : ""}
      data={symbolsOf(stocks, values)}
      renderOption={({ option }) => <Named symbol={option.value} stocks={stocks} />}
      value={values}
      onChange={onChange}
      {...rest}
    />
  );
}

/** The stocks that have prices, by symbol. */
export function useStocks() {
  const { data } = useQuery(listStocks({ is_active: true, sort: "symbol", order: "asc", page_size: 100 }));
  return (data?.items ?? []).filter((stock) => stock.has_prices);
}

type Stocks = ReturnType<typeof useStocks>;

function Named({ symbol, stocks }: { symbol: string; stocks: Stocks }) {
  return (
    <span>
      <strong>{symbol}</strong> <span className="faint">{stocks.find((stock) => stock.symbol === symbol)?.name}</span>
    </span>
  );
}

function symbolsOf(stocks: Stocks, chosen: string[]): string[] {
  return [...new Set([...stocks.map((stock) => stock.symbol), ...chosen])];
}
