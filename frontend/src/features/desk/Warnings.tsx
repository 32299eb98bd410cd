import { ExclamationCircleFilled } from "@ant-design/icons";
import type { Pop } from "@/components/api/types";
import { useWord } from "@/components/i18n/useWord";
import css from "./pop.module.css";

export function Warnings({ pop }: { pop: Pop }) {
  const word = useWord();
  if (pop.warnings.length === 0) return null;
  return (
    <ul className={css.warnings}>
      {pop.warnings.map((warning) => (
        <li key={warning.code} data-testid="pop-warning" data-code={warning.code}>
          <ExclamationCircleFilled /> {word("warning", warning.code, warning.params)}
        </li>
      ))}
    </ul>
  );
}
