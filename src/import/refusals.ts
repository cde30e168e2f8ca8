/** All refusals of a model at once, and how to have the part of it that is not refused. */
import { DepthwiseError } from '../errors.js';
import { Unsupported } from '../graph/refusal.js';

/** An operator or node that is refused. */
export interface Refusal {
  index: number;
  /** Name of the operator. */
  op: string;
  error: DepthwiseError;
}

/** Groups that a message lists, and tensors that it advises to cut at. */
const MOST_LISTED = 16;
const LONGEST_REASON = 200;

/**
 * One error for all of `refusals`, of `total` operators (`what`: in the word of the format). `outputs` are the names of the
 * tensors that can be had by cutting the model; none where that does not help.
 */
export function refusal(
  what: 'operator' | 'node',
  total: number,
  refusals: readonly Refusal[],
  outputs: readonly string[],
): DepthwiseError {
  const advice =
    outputs.length > 0 && outputs.length <= MOST_LISTED ? ` To have what comes before: ${option(outputs)}` : '';
  if (refusals.length === 1) {
    const [{ error }] = refusals;
    return new DepthwiseError(error.code, `${error.message}${advice}`, { cause: error });
  }
  const groups = new Map<string, Refusal[]>();
  for (const each of refusals) {
    const key = `${each.op}: ${reason(each.error)}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  const all = [...groups].sort(([, a], [, b]) => b.length - a.length);
  const listed = all.slice(0, MOST_LISTED).map(([key, group]) => {
    const places = group.slice(0, 4).map(({ index }) => index);
    return `  ${group.length} x ${key} (${what} ${places.join(', ')}${group.length > 4 ? ', ...' : ''})`;
  });
  const more = all.length > MOST_LISTED ? [`  and ${all.length - MOST_LISTED} other kinds`] : [];
  const head = `${refusals.length} of ${total} ${what}s are refused:`;
  const tail = advice === '' ? 'Change the model and export it again.' : advice.trimStart();
  return new DepthwiseError('MODEL_UNSUPPORTED', [head, ...listed, ...more, tail].join('\n'));
}

/** `outputs`, if there are any and `run`, which cuts the model there, is not refused too. */
export function ifCutWorks(outputs: string[], run: () => unknown): string[] {
  try {
    if (outputs.length > 0) run();
    return outputs;
  } catch (error) {
    if (!(error instanceof DepthwiseError)) throw error;
    return [];
  }
}

/** Without the place, which differs, and without what would be supported where that is a long list. */
function reason(error: DepthwiseError): string {
  if (!(error instanceof Unsupported)) return error.message;
  return error.reason.length > LONGEST_REASON ? error.reason.replace(/; supported: .*/s, '') : error.reason;
}

/** The option as a shell takes it. */
function option(outputs: readonly string[]): string {
  const list = outputs.join(',');
  return `--outputs ${/^[\w.:/,+@%-]+$/.test(list) ? list : `'${list.replaceAll("'", `'\\''`)}'`}`;
}
