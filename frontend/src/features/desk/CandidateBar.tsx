import { useTranslation } from "react-i18next";
import type { CustomerCard, Pop } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { Grade } from "@/components/ui/Tags";
import { homeText } from "@/components/ui/Words";
import css from "./pop.module.css";
import { useChooseCaller } from "./useCaller";

/** Several records share the number: the likeliest first, each with the reason it is there. */
export function CandidateBar({ pop, chosen }: { pop: Pop; chosen: CustomerCard | null }) {
  const { t } = useTranslation();
  const choose = useChooseCaller(pop);
  return (
    <div className={css.candidates}>
      <p className={css.question} data-testid="pop-candidates">
        {t(pop.candidates[0]?.tied ? "desk.whoOfTied" : "desk.whoOf", { count: pop.candidates.length })}
      </p>
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
              <small className={css.reason} data-testid="pop-reason" data-reason={card.reason}>
                <Reason card={card} />
              </small>
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}

function Reason({ card }: { card: CustomerCard }) {
  const word = useWord();
  const { day } = useTimes();
  const { number, queue, at } = card.reason_params;
  return word("matched", card.reason, { number, queue: word("queue", queue), at: at && day(at) });
}
