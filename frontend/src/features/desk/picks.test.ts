import { expect, test } from "vitest";
import type { CustomerCard, Pop } from "@/components/api/types";
import { customerOf } from "./picks";
import { type Action, type DeskState, initialDesk, reduceDesk } from "./state";

const card = (id: string, reason: CustomerCard["reason"], tickets = 0) =>
  ({ id, reason, tied: reason === "same_number", open_tickets: Array(tickets).fill({}) }) as CustomerCard;
const [wife, husband] = [card("wife", "same_number"), card("husband", "same_number")];
const told = (...candidates: CustomerCard[]): Action => ({
  type: "pop_changed",
  pop: { call_id: "a", state: "talking", candidates } as Pop,
});
const pick = (customer: CustomerCard): Action => ({ type: "pick", call_id: "a", customer });
const kept = (customer_id: string): Action => ({ type: "pick_kept", call_id: "a", customer_id });
const refused = (customer_id: string): Action => ({ type: "pick_refused", call_id: "a", customer_id });
const chosen = (id: string, tickets = 0) => told(card(id, "chosen", tickets), card("other", "same_number"));
const after = (...actions: Action[]) => [told(wife, husband), ...actions].reduce(reduceDesk, initialDesk);
const shown = ({ pops, picked }: DeskState) => pops[0] && customerOf(pops[0], picked);

test("nobody is taken for the caller before somebody is picked, who is shown at once", () => {
  expect(shown(after())).toBeNull();
  expect(shown(after(pick(wife)))?.id).toBe("wife");
});

test("what the other tab picks later counts here too", () => {
  const first = after(pick(wife), kept("wife"), chosen("wife"));
  expect(shown(first)?.id).toBe("wife");
  expect(shown(reduceDesk(first, chosen("husband")))?.id).toBe("husband");
});

test("whichever comes first, the answer or the socket's word", () => {
  expect(shown(after(pick(wife), chosen("wife"), kept("wife"), chosen("husband")))?.id).toBe("husband");
});

test("two picks on one screen: the second is shown until the server tells it", () => {
  const second = after(pick(wife), kept("wife"), chosen("wife"), pick(husband));
  expect(shown(second)?.id).toBe("husband");
  expect(shown(reduceDesk(second, chosen("wife", 1)))?.id).toBe("husband"); // a ticket, told meanwhile
  expect(shown(reduceDesk(second, chosen("husband")))?.id).toBe("husband");
  expect(shown([chosen("husband"), chosen("wife")].reduce(reduceDesk, second))?.id).toBe("wife");
});

test("the other tab was later than a pick made here: the server's word counts", () => {
  expect(shown(after(pick(wife), chosen("husband"), kept("wife")))?.id).toBe("husband");
});

test("a refused pick is taken back, a later one is not", () => {
  expect(shown(after(pick(wife), refused("wife")))).toBeNull();
  expect(shown(after(chosen("wife"), pick(husband), refused("husband")))?.id).toBe("wife");
  expect(shown(after(pick(wife), pick(husband), refused("wife")))?.id).toBe("husband");
});

test("an unknown caller who was registered gets the tickets opened in the call", () => {
  const registered = after(told(), pick(card("new", "chosen")), kept("new"));
  expect(shown(registered)?.id).toBe("new");
  const known = reduceDesk(registered, told(card("new", "only_match")));
  expect(shown(reduceDesk(known, told(card("new", "only_match", 1))))?.open_tickets).toHaveLength(1);
});

test("after a lost connection the snapshot's word counts", () => {
  const { pops } = after(chosen("husband"));
  const snapshot = { type: "snapshot", pops, queues: [], presence: {} } as unknown as Action;
  expect(shown(after(pick(wife), kept("wife"), snapshot))?.id).toBe("husband");
});
