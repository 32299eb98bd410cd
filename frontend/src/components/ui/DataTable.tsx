import { Skeleton, Table, type TableProps } from "antd";
import type { ReactNode } from "react";
import css from "./dataTable.module.css";
import { ErrorState } from "./ErrorState";
import { LoadMore } from "./LoadMore";

interface Paged<T> {
  items: T[];
  error: unknown;
  isPending: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
  refetch: () => unknown;
}

interface Props<T> {
  list: Paged<T>;
  columns: TableProps<T>["columns"];
  empty: ReactNode;
  onOpen: (row: T) => void;
  testId: string;
}

/** A paged list with all its states. A row opens by click, or by Enter when focused. */
export function DataTable<T extends { id: string }>({ list, columns, empty, onOpen, testId }: Props<T>) {
  if (list.isPending) return <ListSkeleton />;
  if (list.error && list.items.length === 0)
    return <ErrorState error={list.error} onRetry={() => list.refetch()} />;
  if (list.items.length === 0) return <div className={css.panel}>{empty}</div>;
  return (
    <>
      <Table<T>
        className={css.table}
        rowKey="id"
        size="middle"
        pagination={false}
        tableLayout="fixed"
        dataSource={list.items}
        columns={columns}
        onRow={(row) => ({
          onClick: () => onOpen(row),
          onKeyDown: (event) => event.key === "Enter" && onOpen(row),
          tabIndex: 0,
          className: css.row,
          "data-testid": testId,
          "data-id": row.id,
        })}
      />
      <LoadMore
        count={list.items.length}
        hasMore={list.hasNextPage}
        loading={list.isFetchingNextPage}
        onMore={() => list.fetchNextPage()}
      />
    </>
  );
}

function ListSkeleton() {
  return (
    <div className={css.panel} data-testid="loading">
      <div className={css.skeleton}>
        <Skeleton active title={false} paragraph={{ rows: 8, width: "100%" }} />
      </div>
    </div>
  );
}
