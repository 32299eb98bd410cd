import { LockOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useSession } from "@/components/session/session";
import { EmptyState } from "@/components/ui/EmptyState";
import { Page } from "@/components/ui/Page";
import { type ClosedRoom, homeOf } from "./rooms";

/** In the place of a room that this person may not enter: why, and who can change it. */
export function Closed({ room }: { room: ClosedRoom }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const home = (
    <Link to={homeOf(me)}>
      <Button>{t("closed.home")}</Button>
    </Link>
  );
  return (
    <Page title={t(`nav.${room}`)}>
      <div role="alert" data-testid="room-closed">
        <EmptyState
          icon={<LockOutlined />}
          title={t(`closed.${room}`)}
          hint={t(`closed.${room}Hint`)}
          action={home}
        />
      </div>
    </Page>
  );
}
