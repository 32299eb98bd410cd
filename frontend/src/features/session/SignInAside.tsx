import { useTranslation } from "react-i18next";
import css from "./signIn.module.css";

// Heights of a drawn wave form: the caller above the line, the agent below.
const WAVE = [
  3, 6, 11, 20, 14, 26, 34, 22, 40, 31, 18, 27, 44, 36, 20, 12, 24, 38, 30, 16, 9, 18, 28, 21, 12, 7, 15, 10,
  5, 3,
];

export function SignInAside() {
  const { t } = useTranslation();
  return (
    <aside className={css.aside}>
      <div className={css.brand}>
        <img src="/favicon.svg" alt="" width={36} height={36} />
        {t("product")}
      </div>
      <svg className={css.wave} viewBox="0 0 360 120" aria-hidden="true">
        {WAVE.map((height, index) => (
          <g key={index}>
            <rect
              x={index * 12}
              y={58 - height}
              width="5"
              height={height}
              rx="2.5"
              fill="#e9a23b"
              opacity="0.85"
            />
            <rect
              x={index * 12}
              y={62}
              width="5"
              height={WAVE[(index * 7 + 5) % 30] ?? 4}
              rx="2.5"
              fill="#7fc3b3"
              opacity="0.55"
            />
          </g>
        ))}
      </svg>
      <p className={css.motto}>{t("session.motto")}</p>
      <p className={css.mottoMore}>{t("session.mottoMore")}</p>
    </aside>
  );
}
