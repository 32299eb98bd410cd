import { CheckCircleOutlined } from "@ant-design/icons";
import { Skeleton, Table, Tag } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Gap } from "@/components/api/types";
import { usePages } from "@/components/api/usePages";
import { useTimes } from "@/components/format/useTimes";
import { EmptyState } from "@/components/ui/EmptyState";
import { ErrorState } from "@/components/ui/ErrorState";
import { LoadMore } from "@/components/ui/LoadMore";
import { Card } from "@/components/ui/Page";
import { StaleNotice } from "./StaleNotice";
import css from "./system.module.css";

const LOOK_MS = 5000;

/** Times in which a server was not heard, or heard late, and how each was closed. */
export function GapsCard() {
  const { t } = useTranslation();
  const { full } = useTimes();
  const list = usePages<Gap>("/ledger/gaps", { limit: 20 }, LOOK_MS);
  if (list.isPending) return <Skeleton active />;
  if (list.error && list.items.length === 0)
    return <ErrorState error={list.error} onRetry={() => list.refetch()} />;
  return (
    <Card title={t("system.gaps")} extra={<span className={css.faint}>{t("system.gapsHint")}</span>}>
      {list.error && <StaleNotice readAt={list.dataUpdatedAt} error={list.error} />}
      {list.items.length === 0 ? (
        <EmptyState icon={<CheckCircleOutlined />} title={t("system.noGaps")} hint={t("system.noGapsHint")} />
      ) : (
        <>
          <Table<Gap>
            rowKey="id"
            size="middle"
            pagination={false}
            dataSource={list.items}
            onRow={() => ({ "data-testid": "system-gap" }) as object}
            columns={[
              { title: t("system.server"), dataIndex: "server", width: 120 },
              {
                title: t("system.began"),
                width: 176,
                render: (_, row) => <span className="figures">{full(row.since)}</span>,
              },
              { title: t("system.lasted"), width: 104, render: (_, row) => <Length gap={row} /> },
              { title: t("system.why"), width: 184, render: (_, row) => t(`system.gapWhy.${row.why}`) },
              { title: t("system.closedBy"), width: 152, render: (_, row) => <Closed gap={row} /> },
              { title: t("system.calls"), render: (_, row) => <Calls gap={row} /> },
            ]}
          />
          <LoadMore
            count={list.items.length}
            hasMore={list.hasNextPage}
            loading={list.isFetchingNextPage}
            onMore={() => list.fetchNextPage()}
          />
        </>
      )}
    </Card>
  );
}

/** Of late events the greatest delay, of all else how long nobody heard. */
function Length({ gap }: { gap: Gap }) {
  const { t } = useTranslation();
  if (gap.lag_s !== null) return t("system.late", { seconds: gap.lag_s.toFixed(1) });
  if (gap.to === null) return gap.closed_by === "removed" ? "–" : t("system.lasts");
  const seconds = (Date.parse(gap.to) - Date.parse(gap.since)) / 1000;
  return t("system.seconds", { seconds: seconds.toFixed(1) });
}

function Closed({ gap }: { gap: Gap }) {
  const { t } = useTranslation();
  if (gap.why === "late") return "–";
  const how = gap.closed_by ?? "open";
  return (
    <Tag
      bordered={false}
      color={{ files: "green", snapshot: "gold", removed: "default", open: "error" }[how]}
    >
      {t(`system.gapClosed.${how}`)}
    </Tag>
  );
}

function Calls({ gap }: { gap: Gap }) {
  const { t } = useTranslation();
  const told = [
    gap.found > 0 && t("system.foundCalls", { count: gap.found }),
    gap.ended > 0 && t("system.endedCalls", { count: gap.ended }),
    gap.holds > 0 && t("system.holdsCalls", { count: gap.holds }),
  ].filter(Boolean);
  return (
    <>
      {told.join(t("system.and"))}
      {gap.calls.map((id, place) => (
        <Link key={id} to={`/calls/${id}`} className={css.call}>
          {t("system.doubtful", { place: place + 1 })}
        </Link>
      ))}
      {told.length + gap.calls.length === 0 && "–"}
    </>
  );
}
