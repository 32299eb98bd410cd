import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useReducer } from "react";
import { DeskContext } from "./desk";
import type { ServerMessage } from "./protocol";
import { DeskSocket, deskUrl } from "./socket";
import { initialDesk, reduceDesk } from "./state";

/** Which lists a message makes old, by the first part of their keys. */
const STALE: Partial<Record<ServerMessage["type"], string[]>> = {
  pop_closed: ["calls"],
  transcript_changed: ["calls"],
  ticket_changed: ["tickets"],
};

/** One connection for all screens of the signed-in agent. */
export function DeskProvider({ children }: { children: ReactNode }) {
  const [state, dispatch] = useReducer(reduceDesk, initialDesk);
  const client = useQueryClient();
  useEffect(() => {
    const socket = new DeskSocket(deskUrl(), {
      onMessage(message) {
        dispatch(message);
        for (const key of STALE[message.type] ?? []) void client.invalidateQueries({ queryKey: [key] });
      },
      onLost(refused) {
        dispatch({ type: "link", link: "reconnecting" });
        // A refused socket may mean that the session ran out: asking for it says so.
        if (refused) void client.invalidateQueries({ queryKey: ["session"] });
      },
    });
    return () => socket.close();
  }, [client]);
  const desk = useMemo(() => ({ state, dispatch }), [state]);
  return <DeskContext.Provider value={desk}>{children}</DeskContext.Provider>;
}
