import { useMutation } from "@tanstack/react-query";
import { App } from "antd";
import { request } from "@/components/api/client";
import { asProblem } from "@/components/api/problem";
import type { CustomerCard, Pop } from "@/components/api/types";
import { useDesk } from "./desk";

/** Say who calls: shown at once, kept with the call, and taken back when the server refuses it. */
export function useChooseCaller(pop: Pop) {
  const { dispatch } = useDesk();
  const { message } = App.useApp();
  return useMutation({
    mutationFn: (customer: CustomerCard) =>
      request(`/calls/${pop.call_id}/customer`, { method: "PUT", body: { customer_id: customer.id } }),
    onMutate: (customer) => dispatch({ type: "pick", call_id: pop.call_id, customer }),
    onSuccess: (_, { id }) => dispatch({ type: "pick_kept", call_id: pop.call_id, customer_id: id }),
    onError: (error, { id }) => {
      dispatch({ type: "pick_refused", call_id: pop.call_id, customer_id: id });
      message.error(asProblem(error).title);
    },
  });
}

/** Put an ended call away, on all of the agent's screens. Here it goes at once, whatever the server says. */
export function useDismiss() {
  const { dispatch } = useDesk();
  return (callId: string) => {
    dispatch({ type: "dismiss", call_id: callId });
    request(`/desk/pops/${callId}/dismiss`, { method: "POST" }).catch(() => undefined);
  };
}
