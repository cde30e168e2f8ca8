/** Pictures of bytes as text: every character is two columns wide and four rows high, its shade their mean. */
const SHADES = ' .:-=+*#%@';

/** Square pictures of `side` x `side` bytes, side by side. */
export function drawDigits(pictures: readonly Uint8Array[], side: number): string {
  const lines: string[] = [];
  for (let y = 0; y + 4 <= side; y += 4) {
    lines.push(pictures.map((picture) => row(picture, side, y)).join('  '));
  }
  return lines.join('\n');
}

function row(picture: Uint8Array, side: number, y: number): string {
  let text = '';
  for (let x = 0; x < side; x += 2) {
    let sum = 0;
    for (let dy = 0; dy < 4; dy++) sum += picture[(y + dy) * side + x] + picture[(y + dy) * side + x + 1];
    text += SHADES[Math.floor((sum / 8 / 256) * SHADES.length)];
  }
  return text;
}
