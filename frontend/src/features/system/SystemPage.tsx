import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { request } from "@/components/api/client";
import type { SystemHealth } from "@/components/api/types";
import { ErrorState } from "@/components/ui/ErrorState";
import { Page } from "@/components/ui/Page";
import { GapsCard } from "./GapsCard";
import { HooksCard } from "./HooksCard";
import { PartsCard } from "./PartsCard";
import { ServersCard } from "./ServersCard";
import { StaleNotice } from "./StaleNotice";
import css from "./system.module.css";

const LOOK_MS = 2000;

/** How well Asterisk is heard, what this service stands on, and who is behind. */
export default function SystemPage() {
  const { t } = useTranslation();
  const health = useQuery({
    queryKey: ["system", "health"],
    queryFn: ({ signal }) => request<SystemHealth>("/system/health", { signal }),
    refetchInterval: LOOK_MS,
  });
  return (
    <Page title={t("nav.system")}>
      {health.data ? (
        <div className={css.cards}>
          {health.error && <StaleNotice readAt={health.dataUpdatedAt} error={health.error} />}
          <ServersCard hearing={health.data.hearing} />
          <PartsCard parts={health.data.parts} journal={health.data.journal} />
          <HooksCard hooks={health.data.hooks} />
          <GapsCard />
        </div>
      ) : health.error ? (
        <ErrorState error={health.error} onRetry={() => health.refetch()} />
      ) : (
        <Skeleton active paragraph={{ rows: 8 }} />
      )}
    </Page>
  );
}
