import { useTranslation } from "react-i18next";
import type { Pop } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { MenuPath } from "@/components/ui/Words";
import css from "./pop.module.css";
import { waitSeconds } from "./popFacts";

/** Why he calls: what he chose in the menu, the queue, how long he waited, the language he speaks. */
export function WhyBar({ pop }: { pop: Pop }) {
  const { t } = useTranslation();
  const word = useWord();
  const { span } = useTimes();
  return (
    <dl className={css.why}>
      <div>
        <dt>{t("call.menuPath")}</dt>
        <dd data-testid="pop-menu-path">
          <MenuPath path={pop.menu_path} />
        </dd>
      </div>
      <div>
        <dt>{t("call.queue")}</dt>
        <dd data-testid="pop-queue" data-queue={pop.queue}>
          {word("queue", pop.queue) || "–"}
        </dd>
      </div>
      <div>
        <dt>{t("call.waited")}</dt>
        <dd>{span(waitSeconds(pop))}</dd>
      </div>
      <div>
        <dt>{t("call.language")}</dt>
        <dd data-testid="pop-language">{word("spoken", pop.language)}</dd>
      </div>
    </dl>
  );
}
