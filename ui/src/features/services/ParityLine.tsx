import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { Time } from "@/components/Time";
import { getServiceAudit } from "@/lib/api/services/getServiceAudit";

import classes from "./ServicePage.module.css";

/** Decides every bar once more when it is asked to, and says whether it comes out the same. */
export function ParityLine({ serviceId }: { serviceId: number }) {
  const { data, error, isFetching, refetch } = useQuery({ ...getServiceAudit(serviceId), enabled: false });
  const first = data?.first_difference;
  return (
    <>
      <Button size="compact-xs" variant="default" ml="auto" loading={isFetching} onClick={() => void refetch()}>
        Decide again and compare
      </Button>
      <span className={`faint ${classes.answerLine}`} role="status">
        {error ? error.message : null}
        {data && !error ? `${data.decisions_compared.toLocaleString("en-US")} decisions decided again: ` : null}
        {data && !error && !first ? "all the same, and every fill as the rules make it." : null}
        {data && !error && first ? (
          <>
            {data.differences.toLocaleString("en-US")} differ ({data.by_class.decision} in a decision). First on{" "}
            <Time value={first.bar_time} />: {first.message}, {first.recorded} instead of {first.expected}.
          </>
        ) : null}
      </span>
    </>
  );
}
