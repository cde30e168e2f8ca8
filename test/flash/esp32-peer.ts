/**
 * A board for tests: an ESP32, ESP32-S3 or ESP32-C3 behind its serial line, as far as flashing goes. It speaks the ROM
 * loader's protocol (SLIP frames, sync, registers, upload to RAM), and when a stub has been uploaded and started, the
 * stub's; and it misbehaves on demand. After Espressif's "Serial Protocol" page of esptool's documentation.
 */
import { createHash } from 'node:crypto';
import { constants, inflateSync } from 'node:zlib';

const [END, ESC, ESC_END, ESC_ESC] = [0xc0, 0xdb, 0xdc, 0xdd];

const MEM_BEGIN = 0x05;
const MEM_END = 0x06;
const MEM_DATA = 0x07;
const SYNC = 0x08;
const WRITE_REG = 0x09;
const READ_REG = 0x0a;
const CHANGE_BAUD = 0x0f;
const DEFLATE_BEGIN = 0x10;
const DEFLATE_DATA = 0x11;
const DEFLATE_END = 0x12;
const FLASH_MD5 = 0x13;
const SECURITY_INFO = 0x14;

const BAD_CHECKSUM = 0xc1;
const UNSUPPORTED = 0x05;
const SECTOR = 4096;

/** Chip id of GET_SECURITY_INFO, value of the magic register, base of the SPI controller's registers, of W0 and USR2. */
const CHIPS = {
  ESP32: { id: undefined, magic: 0x00f01d83, spi: 0x3ff42000, w0: 0x80, usr2: 0x24 },
  'ESP32-S3': { id: 9, magic: 0x09, spi: 0x60002000, w0: 0x58, usr2: 0x20 },
  'ESP32-C3': { id: 5, magic: 0x6921506f, spi: 0x60002000, w0: 0x58, usr2: 0x20 },
  'ESP32-C6': { id: 13, magic: 0x2ce0806f, spi: 0x60003000, w0: 0x58, usr2: 0x20 },
  'ESP32-P4': { id: 18, magic: 0x0addbad0, spi: 0x5008d000, w0: 0x58, usr2: 0x20 },
};
export type ChipName = keyof typeof CHIPS;

export interface Faults {
  /** Bytes of the host that are lost at the beginning of a block of flash data, and how often. */
  lose?: { bytes: number; times: number };
  /** Blocks of flash data that arrive with a flipped bit. */
  garble?: { times: number };
  /** The cable is pulled after this many blocks of flash data. */
  pullAfter?: number;
  /** Faster lines lose every tenth byte. */
  fastestBaud?: number;
  /** A byte of flash that stays 0. */
  wornAt?: number;
  mute?: boolean;
}

export class Esp32Peer {
  readonly flash: Buffer;
  faults: Faults = {};
  /** Baud rate of the host's side, where the line knows it. */
  baud = 115200;
  /** Blocks of flash data that were written, by the address of their upload. */
  readonly blocks = new Map<number, number>();
  /** Starts of the firmware: the stub is gone then. */
  private stub = false;
  private frame: number[] | undefined;
  private escaped = false;
  private arrived = 0;
  private readonly registers = new Map<number, number>();
  private upload = { address: 0, bytes: 0, packed: Buffer.alloc(0), sequence: 0 };
  private ram = 0;

  /**
   * @param send puts bytes on the line to the host.
   * @param pull breaks the line.
   */
  constructor(
    readonly chip: ChipName,
    private readonly send: (bytes: Uint8Array) => void,
    private readonly pull: () => void,
    flashBytes = 4 * 1024 * 1024,
  ) {
    this.flash = Buffer.alloc(flashBytes, 0xff);
    this.registers.set(0x40001000, CHIPS[chip].magic);
  }

  /** EN was pulled low and let go: back in the ROM. */
  reset(): void {
    this.stub = false;
    this.frame = undefined;
  }

  receive(bytes: Uint8Array): void {
    if (this.faults.mute) return;
    for (const byte of bytes) {
      this.arrived++;
      if (this.baud > (this.faults.fastestBaud ?? Number.POSITIVE_INFINITY) && this.arrived % 10 === 0) continue;
      this.take(byte);
    }
  }

  private take(byte: number): void {
    if (byte === END) {
      const frame = this.frame;
      this.frame = frame && frame.length > 0 ? undefined : [];
      if (frame && frame.length > 0) this.packet(Buffer.from(frame));
    } else if (!this.frame) return;
    else if (byte === ESC) this.escaped = true;
    else if (this.escaped) {
      this.escaped = false;
      this.frame.push(byte === ESC_END ? END : byte === ESC_ESC ? ESC : byte);
    } else this.frame.push(byte);
  }

  private packet(packet: Buffer): void {
    if (packet.length < 8 || packet[0] !== 0) return;
    const [, op] = packet;
    const { lose } = this.faults;
    let data = packet.subarray(8);
    if (lose && lose.times > 0 && op === DEFLATE_DATA) {
      lose.times--;
      data = data.subarray(lose.bytes);
    }
    // A command whose bytes are not all there is none.
    if (data.length !== packet.readUInt16LE(2)) return;
    const command = this.commands[op];
    if (command) command(data, packet.readUInt32LE(4));
    else this.answer(op, { error: UNSUPPORTED });
  }

  /** What is done with the data of each command. */
  private readonly commands: Record<number, (data: Buffer, checksum: number) => void> = {
    [SYNC]: () => {
      for (let i = 0; i < 8; i++) this.answer(SYNC, { value: this.stub ? 0 : 0x20120707 });
    },
    [READ_REG]: (data) => this.answer(READ_REG, { value: this.register(data.readUInt32LE(0)) }),
    [WRITE_REG]: (data) => {
      this.registers.set(data.readUInt32LE(0), data.readUInt32LE(4));
      this.answer(WRITE_REG);
    },
    [SECURITY_INFO]: () => this.securityInfo(),
    [MEM_BEGIN]: () => {
      this.ram = 0;
      this.answer(MEM_BEGIN);
    },
    [MEM_DATA]: (data, checksum) =>
      this.checked(MEM_DATA, data, checksum, () => {
        this.ram += data.readUInt32LE(0);
      }),
    [MEM_END]: () => {
      this.answer(MEM_END);
      this.stub = this.ram > 0;
      this.put(Buffer.from('OHAI'));
    },
    [CHANGE_BAUD]: () => this.answer(CHANGE_BAUD),
    [DEFLATE_BEGIN]: (data) => this.begin(data.readUInt32LE(0), data.readUInt32LE(12)),
    [DEFLATE_DATA]: (data, checksum) => this.block(data, checksum),
    [DEFLATE_END]: () => this.answer(DEFLATE_END),
    [FLASH_MD5]: (data) => this.md5(data.readUInt32LE(0), data.readUInt32LE(4)),
  };

  /** SPI_CMD is done at once; after command 0x9f W0 has manufacturer, type and size of the flash chip. */
  private register(address: number): number {
    const { spi, w0, usr2 } = CHIPS[this.chip];
    if (address === spi) return 0;
    const identify = ((this.registers.get(spi + usr2) ?? 0) & 0xff) === 0x9f;
    if (address === spi + w0 && identify) return 0x40ef | (Math.log2(this.flash.length) << 16);
    return this.registers.get(address) ?? 0;
  }

  private securityInfo(): void {
    const { id } = CHIPS[this.chip];
    if (id === undefined) {
      // The ROM does not know the command, and says so more than once.
      for (let i = 0; i < 8; i++) this.answer(0xff, { error: UNSUPPORTED });
      return;
    }
    const body = Buffer.alloc(20);
    body.writeUInt32LE(id, 12);
    this.answer(SECURITY_INFO, { body });
  }

  private begin(bytes: number, address: number): void {
    this.upload = { address, bytes, packed: Buffer.alloc(0), sequence: 0 };
    const first = Math.floor(address / SECTOR) * SECTOR;
    this.flash.fill(0xff, first, Math.ceil((address + bytes) / SECTOR) * SECTOR);
    this.answer(DEFLATE_BEGIN);
  }

  private block(data: Buffer, checksum: number): void {
    const { garble } = this.faults;
    if (garble && garble.times > 0) {
      garble.times--;
      data[20] ^= 4;
    }
    this.checked(DEFLATE_DATA, data, checksum, () => {
      const { upload } = this;
      const sequence = data.readUInt32LE(4);
      // A block whose answer was lost comes again.
      if (sequence === upload.sequence) {
        upload.packed = Buffer.concat([upload.packed, data.subarray(16)]);
        upload.sequence++;
      }
      const plain = inflateSync(upload.packed, { finishFlush: constants.Z_SYNC_FLUSH });
      for (const [i, byte] of plain.entries()) this.flash[upload.address + i] &= byte;
      if (this.faults.wornAt !== undefined) this.flash[this.faults.wornAt] = 0;
      this.blocks.set(upload.address, (this.blocks.get(upload.address) ?? 0) + 1);
    });
    if (this.faults.pullAfter !== undefined && this.faults.pullAfter-- === 0) this.pull();
  }

  /** Behind the 16 bytes of length, sequence number and zeros stands what the checksum is of. */
  private checked(op: number, data: Buffer, checksum: number, then: () => void): void {
    const sum = data.subarray(16).reduce((a, b) => a ^ b, 0xef);
    const right = sum === (checksum & 0xff);
    if (right) then();
    this.answer(op, { error: right ? 0 : BAD_CHECKSUM });
  }

  private md5(address: number, bytes: number): void {
    const sum = createHash('md5').update(this.flash.subarray(address, address + bytes));
    this.answer(FLASH_MD5, { body: this.stub ? sum.digest() : Buffer.from(sum.digest('hex')) });
  }

  /** The stub ends its answers with two bytes of status, the ROM with four. */
  private answer(op: number, { value = 0, body = Buffer.alloc(0), error = 0 } = {}): void {
    const head = Buffer.alloc(8);
    const status = Buffer.from(error ? [1, error, 0, 0] : [0, 0, 0, 0]).subarray(0, this.stub ? 2 : 4);
    head[0] = 1;
    head[1] = op;
    head.writeUInt16LE(body.length + status.length, 2);
    head.writeUInt32LE(value >>> 0, 4);
    this.put(Buffer.concat([head, body, status]));
  }

  private put(packet: Buffer): void {
    const escaped = [...packet].flatMap((byte) =>
      byte === END ? [ESC, ESC_END] : byte === ESC ? [ESC, ESC_ESC] : [byte],
    );
    this.send(Uint8Array.of(END, ...escaped, END));
  }
}
