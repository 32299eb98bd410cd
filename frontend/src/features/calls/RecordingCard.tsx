import { AudioMutedOutlined } from "@ant-design/icons";
import { Skeleton } from "antd";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { CallDetail } from "@/components/api/types";
import { ErrorState } from "@/components/ui/ErrorState";
import { Card } from "@/components/ui/Page";
import css from "./call.module.css";
import type { PlayerClock } from "./playerClock";
import { usePeaks } from "./useCall";

// The wave form's library is fetched only when there is something to hear.
const Player = lazy(() => import("./Player"));

export function RecordingCard({ call, clock }: { call: CallDetail; clock: PlayerClock }) {
  const { t } = useTranslation();
  const ready = call.recording !== null && call.has_recording;
  const peaks = usePeaks(call.id, ready);
  if (!call.recording || !ready) {
    return (
      <Card title={t("call.recording")}>
        <p className={css.none}>
          <AudioMutedOutlined />{" "}
          {call.outcome === "active" ? t("call.recordingLater") : t("call.noRecording")}
        </p>
      </Card>
    );
  }
  return (
    <Card title={t("call.recording")} extra={<Legend />}>
      {peaks.error && <ErrorState error={peaks.error} onRetry={() => peaks.refetch()} />}
      {peaks.isPending && <Skeleton.Node active style={{ width: "100%", height: 192 }} />}
      {peaks.data && (
        <Suspense fallback={<Skeleton.Node active style={{ width: "100%", height: 192 }} />}>
          <Player callId={call.id} recording={call.recording} peaks={peaks.data} clock={clock} />
        </Suspense>
      )}
    </Card>
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
