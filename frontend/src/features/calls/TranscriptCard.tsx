import { ClockCircleOutlined, FileTextOutlined, LoadingOutlined } from "@ant-design/icons";
import { Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import type { CallDetail, Transcript } from "@/components/api/types";
import { ErrorState } from "@/components/ui/ErrorState";
import { Notice } from "@/components/ui/Notice";
import { Card } from "@/components/ui/Page";
import css from "./call.module.css";
import type { PlayerClock } from "./playerClock";
import { UtteranceLine } from "./UtteranceLine";
import { useTranscript } from "./useCall";

export function TranscriptCard({ call, clock }: { call: CallDetail; clock: PlayerClock }) {
  const { t } = useTranslation();
  const transcript = useTranscript(call.id, call.has_recording);
  if (!call.has_recording) return null;
  return (
    <Card
      title={t("call.transcript")}
      extra={transcript.data?.engine && <span className={css.engine}>{transcript.data.engine}</span>}
    >
      {transcript.isPending && <Skeleton active title={false} paragraph={{ rows: 4 }} />}
      {transcript.error && <ErrorState error={transcript.error} onRetry={() => transcript.refetch()} />}
      {transcript.data && <Body transcript={transcript.data} clock={clock} />}
    </Card>
  );
}

function Body({ transcript, clock }: { transcript: Transcript; clock: PlayerClock }) {
  const { t } = useTranslation();
  const state = transcript.state;
  if (state === "failed") {
    return (
      <Notice
        type="warning"
        title={transcript.error?.title ?? t("transcript.failed")}
        remedy={transcript.error?.remedy ?? t("transcript.failedRemedy")}
        testId="transcript-failed"
      />
    );
  }
  if (state === "waiting" || state === "running") {
    return (
      <p className={css.none} data-testid="transcript-pending" data-state={state}>
        {state === "running" ? <LoadingOutlined /> : <ClockCircleOutlined />} {t(`transcript.${state}Hint`)}
      </p>
    );
  }
  if (transcript.utterances.length === 0) {
    return (
      <p className={css.none}>
        <FileTextOutlined /> {t("transcript.silent")}
      </p>
    );
  }
  return (
    <div data-testid="transcript">
      {transcript.utterances.map((utterance) => (
        <UtteranceLine key={`${utterance.side}${utterance.start_s}`} utterance={utterance} clock={clock} />
      ))}
    </div>
  );
}
