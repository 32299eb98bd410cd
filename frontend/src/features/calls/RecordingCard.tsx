import { AudioMutedOutlined } from "@ant-design/icons";
import { Skeleton } from "antd";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { CallDetail, Recording } from "@/components/api/types";
import { ErrorState } from "@/components/ui/ErrorState";
import { Card } from "@/components/ui/Page";
import css from "./call.module.css";
import type { PlayerClock } from "./playerClock";
import { usePeaks } from "./useCall";

// The wave form's library is fetched only when there is something to hear.
const Player = lazy(() => import("./Player"));

const WAITING = <Skeleton.Node active style={{ width: "100%", height: 192 }} />;

export function RecordingCard({ call, clock }: { call: CallDetail; clock: PlayerClock }) {
  const { t } = useTranslation();
  const ready = call.recording?.state === "ready" ? call.recording : null;
  return (
    <Card title={t("call.recording")} extra={ready && <Legend />}>
      {ready ? <Sound callId={call.id} recording={ready} clock={clock} /> : <Silence call={call} />}
    </Card>
  );
}

function Sound({ callId, recording, clock }: { callId: string; recording: Recording; clock: PlayerClock }) {
  const peaks = usePeaks(callId);
  if (peaks.isPending) return WAITING;
  if (peaks.error) return <ErrorState error={peaks.error} onRetry={() => peaks.refetch()} />;
  const seconds = recording.duration_s ?? peaks.data.caller.length / peaks.data.per_second;
  return (
    <Suspense fallback={WAITING}>
      <Player callId={callId} recording={recording} seconds={seconds} peaks={peaks.data} clock={clock} />
    </Suspense>
  );
}

/** Why there is nothing to hear. */
function Silence({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const state = call.recording?.state;
  const words = () => {
    if (call.outcome === "active") return t("call.recordingLater");
    if (state === "collecting") return t("call.recordingCollecting");
    if (state === "deleted") return t("call.recordingDeleted");
    return t("call.noRecording");
  };
  return (
    <p className={css.none} data-testid="recording-none">
      <AudioMutedOutlined /> {words()}
    </p>
  );
}

function Legend() {
  const { t } = useTranslation();
  return (
    <span className={css.legend}>
      <i style={{ background: "var(--caller)" }} /> {t("side.callerLeft")}
      <i style={{ background: "var(--agent)" }} /> {t("side.agentRight")}
    </span>
  );
}
