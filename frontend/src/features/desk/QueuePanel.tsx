import { useTranslation } from "react-i18next";
import type { QueueLive } from "@/components/api/types";
import { useNow } from "@/components/format/clock";
import { stopwatch } from "@/components/format/time";
import { useDesk } from "./desk";
import css from "./left.module.css";

// A wait at which the figure turns red: the service level most centres promise is 20 s, three times that is bad.
const LONG_WAIT_S = 60;

export function QueuePanel() {
  const { t } = useTranslation();
  const { queues } = useDesk().state;
  return (
    <section className={css.card}>
      <h2 className={css.head}>{t("desk.queues")}</h2>
      {queues.length > 0 && <Head />}
      {queues.map((queue) => (
        <QueueLine key={queue.name} queue={queue} />
      ))}
      {queues.length === 0 && <p className={css.none}>{t("desk.noQueues")}</p>}
    </section>
  );
}

function QueueLine({ queue }: { queue: QueueLive }) {
  const { i18n } = useTranslation();
  const now = useNow();
  const waited = queue.longest_since ? (now - Date.parse(queue.longest_since)) / 1000 : queue.longest_wait_s;
  const late = queue.waiting > 0 && waited >= LONG_WAIT_S;
  return (
    <div className={css.queueRow} data-testid="queue-live" data-queue={queue.name}>
      <span className={css.queueName}>{i18n.language === "en" ? queue.label_en : queue.label_zh}</span>
      <span className={queue.waiting > 0 ? css.queueBusy : css.queueCalm}>{queue.waiting}</span>
      <span className={late ? css.queueLate : css.queueCalm}>
        {queue.waiting > 0 ? stopwatch(waited) : "–"}
      </span>
      <span className={queue.ready > 0 ? css.queueReady : css.queueCalm}>{queue.ready}</span>
    </div>
  );
}

function Head() {
  const { t } = useTranslation();
  return (
    <div className={css.queueRow}>
      <span />
      <span className={css.queueLabel}>{t("desk.waiting")}</span>
      <span className={css.queueLabel}>{t("desk.longest")}</span>
      <span className={css.queueLabel}>{t("desk.readyShort")}</span>
    </div>
  );
}
