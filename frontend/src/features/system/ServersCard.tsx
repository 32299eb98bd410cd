import { Table, Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { ServerHearing, SystemHealth } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { Card } from "@/components/ui/Page";
import css from "./system.module.css";

/** Every Asterisk server, as the process that hears it tells. */
export function ServersCard({ hearing }: { hearing: SystemHealth["hearing"] }) {
  const { t } = useTranslation();
  const { full } = useTimes();
  return (
    <Card
      title={t("system.servers")}
      extra={
        hearing && <span className={css.faint}>{t("system.heardBy", { process: hearing.process })}</span>
      }
    >
      {hearing ? (
        <Table<ServerHearing>
          rowKey="name"
          size="middle"
          pagination={false}
          dataSource={hearing.servers}
          onRow={() => ({ "data-testid": "system-server" }) as object}
          columns={[
            { title: t("system.server"), dataIndex: "name" },
            { title: t("system.connection"), render: (_, row) => <Connection row={row} /> },
            {
              title: t("system.since"),
              render: (_, row) => (row.connected_since ? full(row.connected_since) : "–"),
            },
            { title: t("system.events"), align: "right", render: (_, row) => row.events_per_s.toFixed(1) },
            { title: t("system.lag"), align: "right", render: (_, row) => <Lag seconds={row.lag_s} /> },
            { title: t("system.unwritten"), align: "right", dataIndex: "unwritten" },
          ]}
        />
      ) : (
        <p className={css.alarm} data-testid="system-deaf">
          {t("system.deaf")}
        </p>
      )}
    </Card>
  );
}

function Connection({ row }: { row: ServerHearing }) {
  const { t } = useTranslation();
  return (
    <Tag bordered={false} color={row.connected ? "green" : "error"}>
      {row.connected ? t("system.connected") : t("system.lost")}
    </Tag>
  );
}

function Lag({ seconds }: { seconds: number | null }) {
  const { t } = useTranslation();
  return seconds === null ? "–" : t("system.milliseconds", { count: Math.round(seconds * 1000) });
}
