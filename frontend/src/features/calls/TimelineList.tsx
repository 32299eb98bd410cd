import { useTranslation } from "react-i18next";
import type { CallDetail } from "@/components/api/types";
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
      {entries.map((entry) => (
        <li key={`${entry.at}${entry.kind}`}>
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
  const text = [word("queue", entry.queue), entry.agent_name, word("cause", entry.cause)]
    .filter(Boolean)
    .join(" · ");
  return text ? <small>{text}</small> : null;
}
