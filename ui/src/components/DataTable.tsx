import { ActionIcon } from "@mantine/core";
import type { KeyboardEvent, MouseEvent, ReactNode } from "react";

import classes from "./DataTable.module.css";
import { IconBack, IconDown, IconForward, IconUp } from "./icons";
import { EmptyState, ErrorState, LoadingRows } from "./States";

export interface Column<Row> {
  /** The name of the column, unique; the server's where it sorts by it. */
  key: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Figures stand at the right. */
  align?: "start" | "end";
  sortable?: boolean;
  /** Left out where there is no room for it: "roomy" below 560 pixels of table, "wide" below 820. */
  from?: "roomy" | "wide";
  /** The header is for screen readers alone. */
  isUnnamed?: boolean;
}

export interface Sorting {
  sort: string;
  order: "asc" | "desc";
}

export interface PageNumbers {
  page: number | null;
  total_pages: number | null;
  total_items: number | null;
  has_next: boolean;
  has_prev: boolean;
}

interface Unreadable {
  id: number;
  reason: string;
}

interface DataTableProps<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[] | undefined;
  /** Rows of this page that the database holds damaged. */
  unreadable?: Unreadable[] | undefined;
  rowKey: (row: Row) => string | number;
  error?: unknown;
  retry?: () => void;
  empty: { title: string; words?: ReactNode; action?: ReactNode };
  sorting?: Sorting;
  onSort?: (sorting: Sorting) => void;
  pagination?: PageNumbers;
  onPage?: (page: number) => void;
  /** Opens what a link of the row opens, for who presses beside it. */
  onRow?: (row: Row) => void;
  /** Chooses the row, which has no link of its own: by keyboard too. */
  onChoose?: (row: Row) => void;
  isSelected?: (row: Row) => boolean;
  skeletonRows?: number;
}

/** A list with everything that a list goes through: loading, failing, empty, sorted, paged. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, error, retry, empty, pagination, onPage } = props;
  if (!rows) return error ? <ErrorState error={error} {...(retry ? { retry } : {})} /> : <LoadingRows rows={props.skeletonRows ?? 6} />;
  const damaged = props.unreadable ?? [];
  if (rows.length === 0 && damaged.length === 0) return <EmptyState title={empty.title} action={empty.action}>{empty.words}</EmptyState>;
  return (
    <>
      {damaged.length > 0 && <Damage rows={damaged} />}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- where it is wider than the screen it scrolls by keyboard too */}
      <div className={classes.scroll} role="region" aria-label={label} tabIndex={0}>
        <table className={classes.table}>
          <thead>
            <tr>
              {columns.map((column) => (
                <Header key={column.key} column={column} {...props} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={rowKey(row)} {...rowProps(row, props)}>
                {columns.map((column) => (
                  <td key={column.key} className={cellClass(column)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pagination && onPage && (pagination.total_pages ?? 0) > 1 && <Pages pagination={pagination} onPage={onPage} />}
    </>
  );
}

/** What cannot be shown, and why: whoever looks after the server can mend it. */
function Damage({ rows }: { rows: Unreadable[] }) {
  return (
    <p className={`${classes.damage} loss`} role="alert">
      Not shown, damaged in the database: {rows.map((row) => `no. ${row.id} (${row.reason})`).join(", ")}.
    </p>
  );
}

function Header<Row>({ column, sorting, onSort }: { column: Column<Row> } & Pick<DataTableProps<Row>, "sorting" | "onSort">) {
  const isSorted = sorting?.sort === column.key;
  const ariaSort = isSorted ? (sorting.order === "asc" ? "ascending" : "descending") : undefined;
  const turn = () => onSort?.({ sort: column.key, order: isSorted && sorting.order === "desc" ? "asc" : "desc" });
  return (
    <th scope="col" className={cellClass(column)} aria-sort={ariaSort}>
      {column.sortable && onSort ? (
        <button type="button" className={`${classes.sort} ${isSorted ? classes.sorted : ""}`} onClick={turn}>
          {column.header}
          {isSorted && (sorting.order === "asc" ? <IconUp size={12} /> : <IconDown size={12} />)}
        </button>
      ) : column.isUnnamed ? (
        <span className="visually-hidden">{column.header}</span>
      ) : (
        column.header
      )}
    </th>
  );
}

function Pages({ pagination, onPage }: { pagination: PageNumbers; onPage: (page: number) => void }) {
  const page = pagination.page ?? 1;
  return (
    <nav className={classes.foot} aria-label="Pages">
      <span className="faint numeric">
        Page {page} of {pagination.total_pages} · {pagination.total_items?.toLocaleString("en-US")} in all
      </span>
      <div className={classes.pages}>
        <ActionIcon aria-label="Page before" disabled={!pagination.has_prev} onClick={() => onPage(page - 1)}>
          <IconBack />
        </ActionIcon>
        <ActionIcon aria-label="Next page" disabled={!pagination.has_next} onClick={() => onPage(page + 1)}>
          <IconForward />
        </ActionIcon>
      </div>
    </nav>
  );
}

/** What a cell says of columns that are left out, only where they are: *without* names their `from`. */
export function Instead({ without, children }: { without: "roomy" | "wide"; children: ReactNode }) {
  return <div className={without === "wide" ? classes.insteadOfWide : classes.insteadOfRoomy}>{children}</div>;
}

function cellClass<Row>(column: Column<Row>): string {
  return [column.align === "end" && classes.end, column.from && classes[column.from]].filter(Boolean).join(" ");
}

function rowProps<Row>(row: Row, { onRow, onChoose, isSelected }: DataTableProps<Row>) {
  const act = onChoose ?? onRow;
  const isChosen = isSelected?.(row) ?? false;
  return {
    className: [act && classes.clickable, isChosen && classes.selected].filter(Boolean).join(" "),
    onClick: act && ((event: MouseEvent) => { if (!isControl(event.target)) act(row); }),
    ...(onChoose && {
      tabIndex: 0,
      "aria-current": isChosen || undefined,
      onKeyDown: (event: KeyboardEvent) => {
        if (event.target !== event.currentTarget || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault(); // the page would scroll
        onChoose(row);
      },
    }),
  };
}

/** Links and buttons within a row keep their own meaning. */
function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a, button, input, label") !== null;
}
