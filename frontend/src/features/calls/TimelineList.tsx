import { useTranslation } from "react-i18next";
import type { CallDetail } from "@/components/api/types";
import { formatPhone } from "@/components/format/phone";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { MenuPath } from "@/components/ui/Words";
import css from "./call.module.css";

type Entry = CallDetail["timeline"][number];

export function TimelineList({ entries }: { entries: Entry[] }) {
  const { t } = useTranslation();
  const word = useWord();
  const { clock } = useTimes();
  if (entries.length === 0) return <p className={css.none}>{t("call.noTimeline")}</p>;
  return (
    <ol className={css.timeline}>
      {entries.map((entry, place) => (
        <li key={`${entry.at}${entry.kind}${entry.extension}${place}`}>
          <time className="figures">{clock(entry.at)}</time>
          <span>
            {word("timeline", entry.kind)} <Detail entry={entry} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function Detail({ entry }: { entry: Entry }) {
  const word = useWord();
  if (entry.menu_path)
    return (
      <small>
        <MenuPath path={entry.menu_path} />
      </small>
    );
  const agent = entry.agent_name ?? entry.extension;
  const text = [
    word("queue", entry.queue),
    entry.kind === "transferred" ? [agent, target(entry, word)].filter(Boolean).join(" → ") : agent,
    word("ringEnd", entry.reason),
    word("cause", entry.cause),
  ];
  const told = text.filter(Boolean).join(" · ");
  return told ? <small>{told}</small> : null;
}

/** To whom a call was handed on: a colleague, a queue, or a number outside. */
function target(entry: Entry, word: ReturnType<typeof useWord>): string {
  if (entry.to_extension) return [entry.to_agent_name, entry.to_extension].filter(Boolean).join(" ");
  if (entry.to_queue) return word("queue", entry.to_queue);
  return formatPhone(null, entry.number ?? "");
}
