import { useTranslation } from "react-i18next";
import type { CustomerCard, Pop } from "@/components/api/types";
import { useWord } from "@/components/i18n/useWord";
import { Grade } from "@/components/ui/Tags";
import { homeText } from "@/components/ui/Words";
import css from "./pop.module.css";
import { useChooseCaller } from "./useCaller";

/** Several records share the number: the likeliest first, each with the reason it is there. */
export function CandidateBar({ pop, chosen }: { pop: Pop; chosen: CustomerCard | null }) {
  const { t } = useTranslation();
  const word = useWord();
  const choose = useChooseCaller(pop);
  return (
    <div className={css.candidates}>
      <p className={css.question}>{t("desk.whoOf", { count: pop.candidates.length })}</p>
      <div className={css.candidateList}>
        {pop.candidates.map((card) => (
          <button
            key={card.id}
            type="button"
            className={`${css.candidate} ${card.id === chosen?.id ? css.candidateOn : ""}`}
            aria-pressed={card.id === chosen?.id}
            onClick={() => choose.mutate(card)}
            data-testid="pop-candidate"
          >
            <Grade grade={card.grade} />
            <span>
              <strong>{card.name}</strong>
              <small>{card.homes[0] ? homeText(card.homes[0], t) : ""}</small>
              {card.reason && <small>{word("matched", card.reason)}</small>}
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}
