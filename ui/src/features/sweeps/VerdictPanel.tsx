import { Figures, type Figure } from "@/components/Figures";
import { Panel } from "@/components/Panel";
import type { SweepDetail, SweepFindings } from "@/lib/api/schema";
import { formatPercent, formatRatio, formatWhole } from "@/lib/format/money";
import { metricOf } from "@/lib/words/settings";

import { Combination } from "./Combination";
import classes from "./Sweeps.module.css";
import { verdictOf } from "./verdict";

/** Whether the best may be believed: the verdict in words, large and first; then the figures that it stands on. */
export function VerdictPanel({ sweep, findings, title }: { sweep: SweepDetail; findings: SweepFindings; title?: string }) {
  const verdict = verdictOf(findings);
  return (
    <Panel {...(title ? { title } : {})}>
      <div className={classes.verdict} data-level={verdict.level} data-testid="verdict">
        <div className={classes.opening}>{verdict.opening}</div>
        <p className={classes.headline}>{verdict.headline}</p>
        {verdict.evidence.length > 0 && (
          <ul className={classes.evidence}>
            {verdict.evidence.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        )}
      </div>
      <Figures items={figuresOf(findings)} />
      {findings.metrics && findings.settings && (
        <Combination sweep={sweep} label="The best" params={findings.settings} metrics={findings.metrics as Record<string, number | null>} metric={metricOf(findings.metric)} />
      )}
    </Panel>
  );
}

function figuresOf({ overfitting, deflated_sharpe: deflated, stability, walk_forward: walked, earlier_trials: earlier }: SweepFindings): Figure[] {
  const share = (value: number | null) => formatPercent(value === null ? value : value * 100, 0);
  return [
    ...(overfitting
      ? [
          { label: "Overfitting", value: share(overfitting.probability), about: "How often the choice made on one half of the past was in the worse half on the other. 5 % and less is good, above 50 % is luck" },
          { label: "Lost outside", value: share(overfitting.probability_of_loss), about: "How often that choice lost money there" },
        ]
      : []),
    ...(deflated
      ? [
          { label: "Sharpe, raw", value: formatRatio(deflated.sharpe_ratio), about: "Of the best, as it stands" },
          { label: "Sharpe by luck", value: formatRatio(deflated.expected_maximum), about: `What the best of ${formatWhole(deflated.trials)} tries without any skill would show` },
          { label: "Sharpe, deflated", value: share(deflated.deflated), about: "The odds that its Sharpe ratio is more than that luck. 95 % and more is good" },
        ]
      : []),
    ...(stability
      ? [
          { label: "Neighbours keep", value: share(stability.median_share), note: `${formatWhole(stability.neighbours)} of them`, about: "What is left of the result when one setting is changed by one step. Below 50 % it is a needle" },
          { label: "Plateau", value: share(stability.plateau_share), about: "The neighbours that come close to the best" },
        ]
      : []),
    ...(walked ? [{ label: "Walk-forward", value: share(walked.efficiency), about: "What of the return in training arrived in the months after" }] : []),
    ...(earlier > 0 ? [{ label: "Earlier tries", value: formatWhole(earlier), about: "On the same prices, in earlier sweeps: they count too" }] : []),
  ];
}
