import {
  CheckCircleFilled,
  CoffeeOutlined,
  DisconnectOutlined,
  LoadingOutlined,
  PhoneOutlined,
  PoweroffOutlined,
} from "@ant-design/icons";
import { Button, Dropdown, Skeleton, Tooltip } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Presence } from "@/components/api/types";
import { useWord } from "@/components/i18n/useWord";
import { useSession } from "@/components/session/session";
import { KeyHint } from "@/components/ui/KeyHint";
import { Countdown, Timer } from "@/components/ui/Timer";
import { useDesk } from "./desk";
import { unreachable } from "./popFacts";
import css from "./presenceBar.module.css";
import { useShortcuts } from "./shortcuts";
import { usePresenceChange } from "./usePresence";

/** The agent's own state, and what he may do about it; on every screen. */
export function PresenceBar() {
  const { presence, link } = useDesk().state;
  if (!presence) {
    return link === "reconnecting" ? <Reconnecting /> : <Skeleton.Button active style={{ width: 320 }} />;
  }
  return (
    <div className={`${css.bar} ${link === "reconnecting" ? css.crowded : ""}`}>
      <StateLamp presence={presence} />
      <Controls presence={presence} />
      {presence.state === "wrapup" && <WrapUp presence={presence} />}
      <Phone presence={presence} />
      {link === "reconnecting" && <Reconnecting />}
    </div>
  );
}

function StateLamp({ presence }: { presence: Presence }) {
  const word = useWord();
  const reason = presence.state === "paused" ? presence.reason : null;
  return (
    <div
      className={css.lamp}
      style={{ color: `var(--${presence.state})` }}
      data-testid="presence"
      data-state={presence.state}
    >
      <span className={css.dot} />
      <span className={css.state}>
        {word("presence", presence.state)}
        {reason && ` · ${word("pause", reason)}`}
      </span>
      <span className={css.since}>
        <Timer since={presence.since} />
      </span>
    </div>
  );
}

function Controls({ presence }: { presence: Presence }) {
  const { t } = useTranslation();
  const word = useWord();
  const { pause_reasons } = useSession().me;
  const [choosing, setChoosing] = useState(false);
  const change = usePresenceChange();
  // What he chose: on a call, and in the wrap-up after it, it is what comes back.
  const ready = presence.wish === "ready";
  const paused = presence.wish === "paused";
  const goReady = () => change.mutate({ state: "ready" });
  useShortcuts({ "Alt+R": goReady, "Alt+P": () => setChoosing(true) });
  const reasons = pause_reasons.map((code) => ({ key: code, label: word("pause", code) }));
  return (
    <div className={css.controls}>
      <Button
        type={ready ? "primary" : "default"}
        className={ready ? css.readyOn : undefined}
        icon={<CheckCircleFilled />}
        onClick={goReady}
        aria-pressed={ready}
        data-testid="presence-ready"
      >
        {t("presence.goReady")} <KeyHint keys="Alt+R" light={ready} />
      </Button>
      <Dropdown
        trigger={["click"]}
        open={choosing}
        onOpenChange={setChoosing}
        autoFocus
        menu={{ items: reasons, onClick: ({ key }) => change.mutate({ state: "paused", reason: key }) }}
      >
        <Button
          icon={<CoffeeOutlined />}
          aria-pressed={paused}
          className={paused ? css.pausedOn : undefined}
          data-testid="presence-pause"
        >
          {t("presence.goPaused")} <KeyHint keys="Alt+P" />
        </Button>
      </Dropdown>
      <Tooltip title={t("presence.goOffline")}>
        <Button
          icon={<PoweroffOutlined />}
          aria-label={t("presence.goOffline")}
          disabled={presence.wish === "offline"}
          onClick={() => change.mutate({ state: "offline" })}
          data-testid="presence-offline"
        />
      </Tooltip>
    </div>
  );
}

function WrapUp({ presence }: { presence: Presence }) {
  const { t } = useTranslation();
  const change = usePresenceChange();
  return (
    <div className={css.wrapup}>
      {presence.wrapup_until && (
        <span>
          {t("presence.wrapupLeft")} <Countdown until={presence.wrapup_until} />
        </span>
      )}
      <Button
        size="small"
        loading={change.isPending}
        onClick={() => change.mutate("end-wrapup")}
        data-testid="end-wrapup"
      >
        {t("presence.endWrapup")}
      </Button>
    </div>
  );
}

function Reconnecting() {
  const { t } = useTranslation();
  return (
    <span className={css.reconnecting} role="status" data-testid="reconnecting">
      <DisconnectOutlined /> {t("desk.reconnecting")} <LoadingOutlined />
    </span>
  );
}

/** Whether calls can reach him: his phone is registered, and we are in touch with the telephone server. */
function Phone({ presence }: { presence: Presence }) {
  const { t } = useTranslation();
  const state = unreachable(presence) ?? "phoneOk";
  return (
    <Tooltip title={t(`presence.${state}Hint`)}>
      <span
        className={state === "phoneOk" ? css.phone : css.phoneMissing}
        data-testid="phone-state"
        data-state={state}
      >
        <PhoneOutlined /> <span className={css.phoneWords}>{t(`presence.${state}`)}</span>
      </span>
    </Tooltip>
  );
}
