/** Names the screens use for the generated shapes. */
import type { components } from "@/generated/api";

type Schemas = components["schemas"];
export type Me = Schemas["Me"];
export type Presence = Schemas["Presence"];
export type QueueLive = Schemas["QueueLive"];
export type Phone = Schemas["Phone"];
export type Home = Schemas["Home"];
export type CustomerCard = Schemas["CustomerCard"];
export type Pop = Schemas["Pop"];
export type CallRow = Schemas["CallRow"];
export type CallDetail = Schemas["CallDetail"];
export type Segment = Schemas["Segment"];
export type Recording = Schemas["Recording"];
export type Peaks = Schemas["Peaks"];
export type Transcript = Schemas["Transcript"];
export type Utterance = Schemas["Utterance"];
export type Word = Schemas["Word"];
export type TicketRow = Schemas["TicketRow"];
export type TicketKind = TicketRow["kind"];
export type Crm = Schemas["Crm"];
export type Category = Schemas["Category"];
export type CustomerRow = Schemas["CustomerRow"];
export type Customer = Schemas["Customer"];
export type CustomerEvent = Schemas["CustomerEvent"];
export type ImportResult = Schemas["ImportResult"];
export type Outcome = CallRow["outcome"];
export type Page<T> = { items: T[]; next_cursor: string | null };
