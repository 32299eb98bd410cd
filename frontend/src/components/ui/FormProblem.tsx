import type { FormInstance } from "antd";
import { asProblem, type Problem } from "@/components/api/problem";
import { Notice } from "./Notice";

const pathOf = (field: string) => field.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));

/** Show a problem beside the field it names. Tells whether the form has such a field. */
export function showOnField(form: FormInstance, problem: Problem): boolean {
  if (!problem.field) return false;
  const name = pathOf(problem.field);
  if (!form.getFieldInstance(name)) return false;
  const words = [problem.title, problem.remedy].filter(Boolean).join(" ");
  form.setFields([{ name, errors: [words] }]);
  form.scrollToField(name, { behavior: "smooth", block: "center" });
  return true;
}

/** A problem that belongs to no field of the form: shown above its buttons. */
export function FormProblem({ error, form }: { error: unknown; form?: FormInstance }) {
  if (!error) return null;
  const problem = asProblem(error);
  if (problem.field && form?.getFieldInstance(pathOf(problem.field))) return null;
  return (
    <div style={{ marginBottom: 16 }}>
      <Notice type="error" title={problem.title} remedy={problem.remedy} testId="form-problem" />
    </div>
  );
}
