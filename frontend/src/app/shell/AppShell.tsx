import { type ReactNode, useMemo } from "react";
import { Outlet, useLocation } from "react-router";
import { useSession } from "@/components/session/session";
import { DeskProvider } from "@/features/desk/DeskProvider";
import { IncomingToast } from "@/features/desk/IncomingToast";
import { PresenceBar } from "@/features/desk/PresenceBar";
import { Boundary } from "../Boundary";
import { mayUseDesk } from "../rooms";
import { SideNav } from "./SideNav";
import css from "./shell.module.css";
import { UserMenu } from "./UserMenu";

/** The desk's socket lives here, so that a call is seen on whatever screen the agent is. */
export function AppShell() {
  const { me } = useSession();
  const { pathname } = useLocation();
  const desk = mayUseDesk(me);
  const body = useMemo(
    () => (
      <Boundary key={pathname.split("/")[1]}>
        <Outlet />
      </Boundary>
    ),
    [pathname],
  );
  const frame = (
    <div className={css.frame}>
      <SideNav />
      <header className={css.top}>
        {desk ? <PresenceBar /> : <span />}
        <UserMenu />
      </header>
      <main className={css.main}>{body}</main>
      {desk && <IncomingToast />}
    </div>
  );
  return desk ? wrapped(frame) : frame;
}

const wrapped = (frame: ReactNode) => <DeskProvider>{frame}</DeskProvider>;
