import type { Customer } from "@/components/api/types";

/** The form's values; empty text stands for what is not known. */
export interface CustomerFields {
  name: string;
  kind: Customer["kind"];
  grade: Customer["grade"];
  phones: { id?: string; raw: string; label?: string | null }[];
  homes: { project: string; building?: string; unit?: string; room?: string }[];
  tags: string[];
  note: string;
}

const text = (value: string | null | undefined) => value ?? "";
const orNull = (value: string | undefined) => value?.trim() || null;

export function fieldsOf(customer: Customer | null): CustomerFields {
  if (!customer)
    return { name: "", kind: "person", grade: "C", phones: [{ raw: "" }], homes: [], tags: [], note: "" };
  return {
    ...customer,
    phones: customer.phones.map(({ id, raw, label }) => ({ id, raw, label })),
    homes: customer.homes.map((home) => ({
      project: home.project,
      building: text(home.building),
      unit: text(home.unit),
      room: text(home.room),
    })),
    note: text(customer.note),
  };
}

/** What the API takes: empty rows left out, empty parts null. */
export function bodyOf(fields: CustomerFields) {
  const { name, kind, grade, tags, note } = fields;
  return {
    name: name.trim(),
    kind,
    grade,
    tags,
    note,
    phones: fields.phones
      .filter((phone) => phone?.raw?.trim())
      .map((phone) => ({ raw: phone.raw.trim(), label: phone.label || null })),
    homes: fields.homes
      .filter((home) => home?.project?.trim())
      .map((home) => ({
        project: home.project.trim(),
        building: orNull(home.building),
        unit: orNull(home.unit),
        room: orNull(home.room),
      })),
  };
}
