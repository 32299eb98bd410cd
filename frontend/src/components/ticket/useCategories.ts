import { useQuery } from "@tanstack/react-query";
import { request } from "@/components/api/client";
import type { Category, TicketKind } from "@/components/api/types";

/** The category tree; it changes rarely. */
export function useCategories() {
  return useQuery({
    queryKey: ["tickets", "categories"],
    queryFn: () => request<{ items: Category[] }>("/tickets/categories"),
    staleTime: 10 * 60_000,
  });
}

export interface CategoryGroup {
  label: string;
  options: { value: string; label: string }[];
}

/** The tree as groups for a choice: branches are headings, leaves are chosen. */
export function groupsFor(tree: Category[], kind: TicketKind): CategoryGroup[] {
  return tree
    .filter((branch) => branch.kinds.includes(kind))
    .map((branch) => ({
      label: branch.name,
      options: (branch.children.length ? branch.children : [branch])
        .filter((leaf) => leaf.kinds.includes(kind))
        .map((leaf) => ({ value: leaf.code, label: leaf.name })),
    }));
}

/** A category's name for its code; the code itself while the tree is not there. */
export function categoryName(tree: Category[] | undefined, code: string | null): string | null {
  for (const branch of tree ?? []) {
    const found = branch.code === code ? branch : branch.children.find((leaf) => leaf.code === code);
    if (found) return found.name;
  }
  return code;
}
