import { CoffeeOutlined, CustomerServiceOutlined, PoweroffOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/ui/EmptyState";
import { useDesk } from "./desk";
import { unreachable } from "./popFacts";
import { usePresenceChange } from "./usePresence";

const ICON = {
  offline: <PoweroffOutlined />,
  paused: <CoffeeOutlined />,
  waiting: <CustomerServiceOutlined />,
};

/** The caller's place while nobody calls: says why, and what brings calls. */
export function EmptyPop() {
  const { t } = useTranslation();
  const { presence } = useDesk().state;
  const change = usePresenceChange();
  const state = presence?.state === "offline" || presence?.state === "paused" ? presence.state : "waiting";
  const cut = state === "waiting" && presence ? unreachable(presence) : null;
  return (
    <EmptyState
      icon={ICON[state]}
      title={cut ? t(`presence.${cut}`) : t(`desk.empty.${state}`)}
      hint={cut ? t(`presence.${cut}Hint`) : t(`desk.empty.${state}Hint`)}
      action={
        state !== "waiting" && (
          <Button type="primary" loading={change.isPending} onClick={() => change.mutate({ state: "ready" })}>
            {t("presence.goReady")}
          </Button>
        )
      }
    />
  );
}
