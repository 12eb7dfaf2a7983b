import { SegmentedControl, Select } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { Heatmap } from "@/components/charts/Heatmap";
import { Panel } from "@/components/Panel";
import { ErrorState, LoadingRows } from "@/components/States";
import type { Heatmap as Answer, Operations, SweepDetail } from "@/lib/api/schema";
import { metricOf, RANKING, settingTitle, settingValue } from "@/lib/words/settings";

import { getHeatmap } from "./api/getHeatmap";
import { listResults } from "./api/listResults";
import { bestCell, type Cell } from "./bestCell";
import { Combination } from "./Combination";
import classes from "./Sweeps.module.css";

type Query = Operations["GET /sweeps/{sweep_id}/heatmap"]["query"];

const HEIGHT = 440;

/** A figure over any two of the settings, as a picture and as a table; each cell leads to its combination. */
export function HeatmapPanel({ sweep }: { sweep: SweepDetail }) {
  const [x, setX] = useState(sweep.settings[0] ?? "");
  const [y, setY] = useState(sweep.settings[1] ?? "");
  const [metric, setMetric] = useState(sweep.metric);
  const [reduce, setReduce] = useState<Answer["reduce"]>("mean");
  const [view, setView] = useState("map");
  const [chosen, setChosen] = useState<Cell | null>(null);
  const query: Query = { x, y, metric: metric as NonNullable<Query["metric"]>, reduce };
  const heatmap = useQuery({ ...getHeatmap(sweep.id, query), placeholderData: keepPreviousData });
  const { data } = heatmap;
  const names = sweep.settings.map((name) => ({ value: name, label: settingTitle(name) }));
  const turn = (set: (name: string) => void, other: string, swap: (name: string) => void, own: string) => (name: string | null) => {
    if (!name) return;
    if (name === other) swap(own);
    set(name);
    setChosen(null);
  };
  return (
    <Panel
      title="Where it works"
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Show as"
          data={[
            { value: "map", label: "Map" },
            { value: "table", label: "Table" },
          ]}
          value={view}
          onChange={setView}
        />
      }
    >
      <div className={classes.bar}>
        <Select size="xs" w={150} label="Across" allowDeselect={false} data={names} value={x} onChange={turn(setX, y, setY, x)} />
        <Select size="xs" w={150} label="Up" allowDeselect={false} data={names} value={y} onChange={turn(setY, x, setX, y)} />
        <Select size="xs" w={170} label="Figure" allowDeselect={false} data={RANKING.map((one) => ({ value: one.name, label: one.title }))} value={metric} onChange={(value) => value && setMetric(value)} />
        {sweep.settings.length > 2 && (
          <Select
            size="xs"
            w={150}
            label="Of the other settings"
            allowDeselect={false}
            data={[
              { value: "mean", label: "the mean" },
              { value: "median", label: "the median" },
              { value: "best", label: "the best" },
            ]}
            value={reduce}
            onChange={(value) => value && setReduce(value)}
          />
        )}
      </div>
      {data ? (
        <Drawn answer={data} view={view} chosen={chosen} onCell={setChosen} sweep={sweep} />
      ) : (
        <div style={{ minHeight: HEIGHT + 56 }}>{heatmap.error ? <ErrorState error={heatmap.error} retry={() => void heatmap.refetch()} /> : <LoadingRows rows={10} />}</div>
      )}
    </Panel>
  );
}

interface DrawnProps {
  answer: Answer;
  view: string;
  chosen: Cell | null;
  onCell: (cell: Cell) => void;
  sweep: SweepDetail;
}

function Drawn({ answer, view, chosen, onCell, sweep }: DrawnProps) {
  const metric = metricOf(answer.metric);
  const values = answer.values;
  const best = useMemo(() => bestCell(values, metric.isLow ?? false), [values, metric]);
  const [xTitle, yTitle] = [settingTitle(answer.x), settingTitle(answer.y)];
  const xValues = useMemo(() => answer.x_values.map((value) => settingValue(answer.x, value)), [answer]);
  const yValues = useMemo(() => answer.y_values.map((value) => settingValue(answer.y, value)), [answer]);
  const words = best ? `, best ${metric.format(values[best.row]?.[best.column] ?? null)} at ${xTitle} ${xValues[best.column]} and ${yTitle} ${yValues[best.row]}` : "";
  const at = chosen ?? best;
  return (
    <>
      {view === "map" ? (
        <Heatmap
          label={`${metric.title} over ${xTitle} and ${yTitle}${words}. The same as a table: choose Table.`}
          height={HEIGHT}
          xTitle={xTitle}
          yTitle={yTitle}
          xValues={xValues}
          yValues={yValues}
          values={values}
          format={metric.format}
          isLow={metric.isLow ?? false}
          best={best}
          chosen={chosen}
          onCell={(row, column) => onCell({ row, column })}
        />
      ) : (
        <div className={classes.mapScroll} style={{ minHeight: HEIGHT }}>
          <table className={classes.map} aria-label={`${metric.title} over ${xTitle} and ${yTitle}`}>
            <thead>
              <tr>
                <th scope="col">{yTitle} \ {xTitle}</th>
                {xValues.map((value) => (
                  <th key={value} scope="col">{value}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {values.map((line, row) => (
                <tr key={yValues[row]}>
                  <th scope="row">{yValues[row]}</th>
                  {line.map((value, column) => (
                    <td key={xValues[column]}>
                      {value !== null && (
                        <button type="button" className={classes.cell} data-best={(best?.row === row && best.column === column) || undefined} aria-pressed={chosen?.row === row && chosen.column === column} onClick={() => onCell({ row, column })}>
                          {metric.format(value)}
                        </button>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {at && <Chosen sweep={sweep} answer={answer} at={at} isChosen={chosen !== null} />}
    </>
  );
}

/** The combination behind a cell: of those that share it the best. */
function Chosen({ sweep, answer, at, isChosen }: { sweep: SweepDetail; answer: Answer; at: Cell; isChosen: boolean }) {
  const where = `${answer.x}:${answer.x_values[at.column]},${answer.y}:${answer.y_values[at.row]}`;
  const row = useQuery({ ...listResults(sweep.id, { where, sort: answer.metric, page_size: 1 }), placeholderData: keepPreviousData }).data?.items[0];
  if (!row?.metrics) return <div className={classes.chosen} />;
  return <Combination sweep={sweep} label={isChosen ? "Best of the chosen cell" : "Best of the ★ cell"} params={row.params} metrics={row.metrics as Record<string, number | null>} metric={metricOf(answer.metric)} />;
}
