/** Cost of a frame of a board's camera on its way into a model, in C (docs/pictures.md). */
/** A frame as a board's camera is asked for it. */
export interface CameraFrame {
  width: number;
  height: number;
  format: 'grey' | 'rgb565be';
}

interface Size {
  height: number;
  width: number;
  channels: number;
}

/** The smallest of the example's frames that is as large as the input (picture_camera.c). */
export function cameraFrame({ height, width, channels }: Size): CameraFrame {
  const side = Math.max(height, width);
  const size = side <= 96 ? [96, 96] : side <= 240 ? [240, 240] : [640, 480];
  return { width: size[0], height: size[1], format: channels === 1 ? 'grey' : 'rgb565be' };
}

/** Instructions by pixel that is read and by value that is written, of rv32imc: the rows of docs/pictures.md within 40 %. */
const INSTRUCTIONS = { grey: { pixel: 24, value: 81 }, rgb565be: { pixel: 79, value: 69 } };

/** Cost of the central part of a frame. */
export function frameInstructions({ width, height, format }: CameraFrame, input: Size): number {
  const scale = Math.min(width / input.width, height / input.height);
  const read = input.width * input.height * scale * scale;
  const { pixel, value } = INSTRUCTIONS[format];
  return read * pixel + input.width * input.height * input.channels * value;
}

export const frameText = ({ width, height, format }: CameraFrame): string => `${width}x${height} ${format}`;
