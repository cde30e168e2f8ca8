import { InvalidArgumentError } from 'commander';

const UNITS: Record<string, number> = { '': 1, K: 1024, M: 1024 * 1024, G: 1024 * 1024 * 1024 };

/**
 * Bytes of `131072`, `128K`, `128KB`, `128KiB` or `1.5M`; K is 1024. Also serves commander as an argument parser.
 * @throws InvalidArgumentError
 */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?$/i.exec(text.trim());
  const bytes = match ? Number(match[1]) * UNITS[match[2].toUpperCase()] : Number.NaN;
  if (!Number.isFinite(bytes)) throw new InvalidArgumentError(`"${text}" is no size: write bytes, or 64K, 1.5M`);
  return Math.floor(bytes);
}

/**
 * Milliseconds of `250`, `250ms` or `1.5s`.
 * @throws InvalidArgumentError
 */
export function parseMilliseconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s)?$/.exec(text.trim());
  if (!match) throw new InvalidArgumentError(`"${text}" is no time: write milliseconds, or 1.5s`);
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}
