import { LogoutOutlined, TranslationOutlined } from "@ant-design/icons";
import { App, Avatar, Button, Dropdown } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/components/api/problem";
import { useSession } from "@/components/session/session";
import css from "./shell.module.css";

export function UserMenu() {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const { me, setLanguage, signOut } = useSession();
  const other = i18n.language === "en" ? "zh-CN" : "en";
  const guard = (work: Promise<void>) => void work.catch((error) => message.error(asProblem(error).title));
  const items = [{ key: "out", icon: <LogoutOutlined />, label: t("session.signOut") }];
  return (
    <div className={css.user}>
      <Button
        type="text"
        icon={<TranslationOutlined />}
        onClick={() => guard(setLanguage(other))}
        data-testid="language"
      >
        {other === "en" ? "English" : "中文"}
      </Button>
      <Dropdown menu={{ items, onClick: () => guard(signOut()) }} trigger={["click"]}>
        <button type="button" className={css.who} data-testid="user-menu">
          <Avatar size={32} className={css.avatar}>
            {me.user.name.slice(0, 1)}
          </Avatar>
          <span className={css.names}>
            <span className={css.name}>{me.user.name}</span>
            <span className={css.role}>
              {t(`role.${me.user.role}`)}
              {me.user.extension ? ` · ${me.user.extension}` : ""}
            </span>
          </span>
        </button>
      </Dropdown>
    </div>
  );
}
