import { Button, Chip, Menu, SegmentedControl } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { PriceChart, type Overlay } from "@/components/charts/PriceChart";
import { IconDownload, IconEdit, IconUpload } from "@/components/icons";
import { Gain } from "@/components/Money";
import { notifyFailure } from "@/components/notify";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { EmptyState, ErrorState, LoadingRows } from "@/components/States";
import { getLatest } from "@/lib/api/prices/getLatest";
import type { Stock } from "@/lib/api/schema";
import { getStock } from "@/lib/api/stocks/getStock";
import { useUser } from "@/lib/auth/useSession";
import { saveFile } from "@/lib/files/save";
import { useBars, type Interval } from "@/lib/live/useBars";
import { intervalTitle } from "@/lib/words/service";

import { AnalysisPanel } from "./AnalysisPanel";
import { exportPrices } from "./api/exportPrices";
import { getIndicators } from "./api/getIndicators";
import { FetchDialog } from "./FetchDialog";
import { ForecastPanel } from "./ForecastPanel";
import { ImportDialog } from "./ImportDialog";
import { overlaysOf, INDICATORS } from "./indicators";
import { LastPrice } from "./LivePrice";
import { StockDialog } from "./StockDialog";
import classes from "./Stocks.module.css";

const HEIGHT = 470;

/** One stock: its bars at any stored interval, indicators, analysis and forecast; for admins also its prices' upkeep. */
export function StockPage() {
  const { symbol } = useParams({ from: "/stocks/$symbol" });
  const { is_admin: isAdmin } = useUser();
  const stock = useQuery(getStock(symbol));
  const [interval, setInterval] = useState<Interval>("daily");
  const [dialog, setDialog] = useState<"edit" | "import" | "fetch" | null>(null);
  if (!stock.data) {
    return (
      <Page title={symbol}>
        <Panel>{stock.error ? <ErrorState error={stock.error} retry={() => void stock.refetch()} /> : <LoadingRows rows={10} />}</Panel>
      </Page>
    );
  }
  const close = () => setDialog(null);
  return (
    <Page
      title={stock.data.symbol}
      subtitle={[stock.data.name, stock.data.sector].filter(Boolean).join(" · ")}
      actions={
        <>
          <ExportMenu symbol={symbol} interval={interval} />
          {isAdmin && (
            <>
              <Button variant="default" leftSection={<IconUpload size={14} />} onClick={() => setDialog("import")}>
                Import
              </Button>
              <Button variant="default" leftSection={<IconDownload size={14} />} onClick={() => setDialog("fetch")}>
                Fetch
              </Button>
              <Button variant="default" leftSection={<IconEdit size={14} />} onClick={() => setDialog("edit")}>
                Edit
              </Button>
            </>
          )}
        </>
      }
    >
      <div className={classes.layout}>
        <StockChart stock={stock.data} interval={interval} onInterval={setInterval} />
        <div className={classes.side}>
          {stock.data.has_prices && <AnalysisPanel symbol={symbol} />}
          {stock.data.has_prices && <ForecastPanel symbol={symbol} />}
        </div>
      </div>
      {dialog === "edit" && <StockDialog stock={stock.data} onClose={close} />}
      {dialog === "import" && <ImportDialog symbol={symbol} onClose={close} />}
      {dialog === "fetch" && <FetchDialog symbol={symbol} onClose={close} />}
    </Page>
  );
}

function StockChart({ stock, interval, onInterval }: { stock: Stock; interval: Interval; onInterval: (interval: Interval) => void }) {
  const { bars, isEmpty, until, error, retry } = useBars(stock.symbol, interval);
  const stored = useQuery(getLatest(stock.symbol)).data?.items ?? [];
  const [chosen, setChosen] = useState<string[]>(["sma:20"]);
  const names = chosen.join(",");
  const indicators = useQuery({
    ...getIndicators(stock.symbol, { names, interval, ...(until ? { end: until.slice(0, 10) } : {}) }),
    enabled: names !== "" && until !== null,
  });
  const overlays = useMemo((): Overlay[] => (names && indicators.data ? overlaysOf(indicators.data.series, chosen) : []), [indicators.data, names, chosen]);
  return (
    <Panel>
      <div className={classes.bar}>
        <span className={classes.price}>
          <LastPrice symbol={stock.symbol} /> {bars && <Change closes={bars.close} />}
        </span>
        {stored.length > 1 && (
          <SegmentedControl
            size="xs"
            aria-label="Interval"
            data={stored.map((item) => ({ value: item.interval === 0 ? "daily" : String(item.interval), label: intervalTitle(item.interval) }))}
            value={interval}
            onChange={(value) => onInterval(value as Interval)}
          />
        )}
        <Chip.Group multiple value={chosen} onChange={setChosen}>
          <div className={classes.chips} role="group" aria-label="Indicators">
            {INDICATORS.map((indicator) => (
              <Chip key={indicator.name} value={indicator.name} size="xs" variant="outline">
                {indicator.label}
              </Chip>
            ))}
          </div>
        </Chip.Group>
      </div>
      {bars ? (
        <PriceChart symbol={stock.symbol} height={HEIGHT} bars={bars} overlays={overlays} />
      ) : (
        <div style={{ minHeight: HEIGHT }}>
          {error ? <ErrorState error={error} retry={retry} /> : isEmpty ? <EmptyState title={`No prices of ${stock.symbol} yet`}>An administrator imports or fetches them.</EmptyState> : null}
        </div>
      )}
    </Panel>
  );
}

/** Of the last close against the one before. */
function Change({ closes }: { closes: (number | null)[] }) {
  const [before, last] = [closes.at(-2), closes.at(-1)];
  return (
    <span title="Against the close of the bar before">
      <Gain value={before && last ? (last / before - 1) * 100 : null} percent />
    </span>
  );
}

function ExportMenu({ symbol, interval }: { symbol: string; interval: Interval }) {
  const file = useMutation({
    mutationFn: async (format: "csv" | "parquet" | "json") => saveFile(`${symbol}-${interval}.${format}`, await exportPrices(symbol, interval, format)),
    onError: notifyFailure,
  });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={14} />} loading={file.isPending}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(["csv", "parquet", "json"] as const).map((format) => (
          <Menu.Item key={format} onClick={() => file.mutate(format)}>
            As {format === "parquet" ? "Parquet" : format.toUpperCase()}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
