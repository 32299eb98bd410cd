import { useMutation } from "@tanstack/react-query";
import { App } from "antd";
import { request } from "@/components/api/client";
import { asProblem } from "@/components/api/problem";
import type { Presence } from "@/components/api/types";
import { useDesk } from "./desk";

type Ask = { state: "ready" | "offline" } | { state: "paused"; reason: string } | "end-wrapup";

const send = (ask: Ask) =>
  ask === "end-wrapup"
    ? request<Presence>("/presence/end-wrapup", { method: "POST" })
    : request<Presence>("/presence", { method: "PUT", body: ask });

/** Ask for another presence; the desk shows it as soon as the server agrees. */
export function usePresenceChange() {
  const { dispatch } = useDesk();
  const { notification } = App.useApp();
  return useMutation({
    mutationFn: send,
    onSuccess: (presence) => dispatch({ type: "presence_changed", presence }),
    onError: (error) => {
      const problem = asProblem(error);
      notification.error({ message: problem.title, description: problem.remedy, placement: "top" });
    },
  });
}
