/** Workflow commands of GitHub Actions: a line on the pull request for everything that fails. */
import type { BaselineVerdict } from './baseline.js';
import type { BudgetReport } from './report.js';

/** `%` first, or the escapes themselves would be escaped. */
const escapeData = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const escapeProperty = (text: string): string => escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');

/** One `::error` line, without its line feed. `file` is relative to the workspace. */
export function errorAnnotation(message: string, properties: { title: string; file?: string }): string {
  const { title, file } = properties;
  const where = file === undefined ? '' : `file=${escapeProperty(file)},`;
  return `::error ${where}title=${escapeProperty(title)}::${escapeData(message)}`;
}

/** One annotation per board that fails, per model that was refused and per growth over the baseline. */
export function annotations(report: BudgetReport, baseline?: BaselineVerdict, file?: string): string[] {
  const failed = report.targets
    .filter((verdict) => !verdict.ok)
    .map(({ model, target, reasons, advice }) =>
      errorAnnotation([...reasons, ...advice].join('\n'), { title: `${model} does not fit ${target}`, file }),
    );
  const refused = report.refused.map(({ model, message }) =>
    errorAnnotation(message, { title: `${model} was refused`, file }),
  );
  const grown = (baseline?.growth ?? []).map(({ model, what, message }) =>
    errorAnnotation(message, { title: `${model}: ${what} grew over the baseline`, file }),
  );
  return [...failed, ...refused, ...grown];
}
