import { ArrowLeftOutlined } from "@ant-design/icons";
import { Button, Skeleton } from "antd";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import type { CallDetail } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { ErrorState } from "@/components/ui/ErrorState";
import { Notice } from "@/components/ui/Notice";
import { Card, Page } from "@/components/ui/Page";
import { OutcomeTag } from "@/components/ui/Tags";
import { PhoneText } from "@/components/ui/Words";
import { CallFacts } from "./CallFacts";
import { CallSide } from "./CallSide";
import css from "./call.module.css";
import { PlayerClock } from "./playerClock";
import { RecordingCard } from "./RecordingCard";
import { TranscriptCard } from "./TranscriptCard";
import { useCall } from "./useCall";

export default function CallPage() {
  const { id = "" } = useParams();
  const call = useCall(id);
  if (call.isPending) return <Skeleton active style={{ padding: 32 }} paragraph={{ rows: 10 }} />;
  if (!call.data) return <ErrorState error={call.error} onRetry={() => call.refetch()} />;
  return <LoadedCall key={id} call={call.data} />;
}

function LoadedCall({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const clock = useMemo(() => new PlayerClock(), []);
  return (
    <Page title={<Title call={call} />}>
      <div className={css.columns}>
        <div className={css.main}>
          {call.lacks && (
            <Notice
              type={call.lacks === "holds" ? "info" : "warning"}
              title={t(`call.lacks.${call.lacks}`)}
              remedy={t(`call.lacks.${call.lacks}Remedy`)}
              testId="call-lacks"
            />
          )}
          <Card>
            <CallFacts call={call} />
          </Card>
          <RecordingCard call={call} clock={clock} />
          <TranscriptCard call={call} clock={clock} />
        </div>
        <CallSide call={call} />
      </div>
    </Page>
  );
}

function Title({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const { day } = useTimes();
  const navigate = useNavigate();
  return (
    <span className={css.title}>
      <Button
        type="text"
        icon={<ArrowLeftOutlined />}
        aria-label={t("action.back")}
        onClick={() => navigate("/calls")}
      />
      {call.customer?.name ?? call.customer_name ?? <PhoneText number={call.number} raw={call.raw_number} />}
      <span className={css.when}>{day(call.started_at)}</span>
      <OutcomeTag outcome={call.outcome} />
    </span>
  );
}
