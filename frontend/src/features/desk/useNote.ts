import type { FormInstance } from "antd";
import { useEffect, useMemo } from "react";
import { request } from "@/components/api/client";
import type { Pop } from "@/components/api/types";
import { NoteSaver } from "./noteSaver";

/** The note of a call, kept on the server while it is written, so that a colleague who gets the call sees it. What
 *  the agent wrote on another of his screens appears here, unless he is writing here: `writing` tells. */
export function useNote(
  pop: Pop | null,
  form: FormInstance<{ code: string; note?: string }>,
  writing: () => boolean,
): NoteSaver {
  const callId = pop?.call_id;
  const told = pop?.note ?? "";
  const saver = useMemo(
    () => new NoteSaver((note) => request(`/calls/${callId}/note`, { method: "PUT", body: { note } })),
    [callId],
  );
  useEffect(() => () => void saver.flush(), [saver]);
  useEffect(() => {
    if (callId && !saver.busy && !writing()) form.setFieldsValue({ note: told });
  }, [callId, told]);
  return saver;
}
