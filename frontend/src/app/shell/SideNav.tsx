import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import { useSession } from "@/components/session/session";
import { roomsOf } from "../rooms";
import css from "./shell.module.css";

export function SideNav() {
  const { t } = useTranslation();
  const { me } = useSession();
  return (
    <nav className={css.nav} aria-label={t("nav.label")}>
      <img className={css.mark} src="/favicon.svg" alt={t("product")} />
      {roomsOf(me).map(({ key, icon }) => (
        <NavLink
          key={key}
          to={`/${key}`}
          className={({ isActive }) => `${css.link} ${isActive ? css.active : ""}`}
          data-testid={`nav-${key}`}
        >
          <span className={css.linkIcon}>{icon}</span>
          {t(`nav.${key}`)}
        </NavLink>
      ))}
    </nav>
  );
}
