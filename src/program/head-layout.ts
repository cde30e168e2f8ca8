// The head of a .dw file: what the outputs mean (docs/heads.md). Plain numbers only, as layout.ts, for tsc, rollup and the C
// header. All fields are 32 bits, little-endian, signed where that is said; tables stand behind the fields, on multiples of 4.
// A table is named by the byte of the head at which it begins; one of 256 words is entered by an output's byte.

// --- kinds -------------------------------------------------------------------------------------------------------
/** The outputs are not interpreted. */
export const HEAD_NONE = 0;
/** Values of the first output are scores of classes. */
export const HEAD_CLASSIFY = 1;
/** A grid of class scores; touching cells over the threshold are one object (FOMO). */
export const HEAD_CENTROIDS = 2;
/** Boxes relative to anchors, and scores of classes: TFLite_Detection_PostProcess. */
export const HEAD_SSD = 3;
/** Grids of boxes with objectness and classes: YOLO, with anchors or without. */
export const HEAD_YOLO = 4;
/** A vector, compared by its direction. */
export const HEAD_EMBED = 5;
/** Scores of cells on the globe. */
export const HEAD_LOCATE = 6;

// --- fields of every head ----------------------------------------------------------------------------------------
export const D_KIND = 0;
/** Bytes of scratch that reading an answer takes. */
export const D_SCRATCH_BYTES = 4;
/** Pixels of the input: boxes are in sixteenths of these. */
export const D_INPUT_HEIGHT = 8;
export const D_INPUT_WIDTH = 12;
/** Classes that an answer may have; EMBED: values of the vector; LOCATE: cells. */
export const D_CLASSES = 16;
/** Most answers; SSD: most boxes; LOCATE: cells that are looked at. */
export const D_MOST = 20;
/** Signed: the least score that counts. */
export const D_THRESHOLD = 24;
/** Signed: a score stands for (score - zero) * step / 2^24. */
export const D_SCORE_ZERO = 28;
export const D_SCORE_STEP = 32;
/** The output that scores are read from. */
export const D_OUTPUT = 36;
/** SSD, YOLO: boxes that share more of their union than this, in 1/2^24, are one object. */
export const D_OVERLAP = 40;
/** SSD, YOLO: bits of the fraction of a pixel in which boxes are computed. */
export const D_FRACTION = 44;
/** Bytes of the fields above: all of NONE, CLASSIFY and EMBED. */
export const HEAD_BYTES = 48;

// --- CENTROIDS ---------------------------------------------------------------------------------------------------
export const D_ROWS = 48;
export const D_COLUMNS = 52;
/** Signed: the class that is no object; -1 where every class is one. */
export const D_BACKGROUND = 56;
export const CENTROIDS_BYTES = 60;

// --- SSD ---------------------------------------------------------------------------------------------------------
export const D_BOXES = 48;
export const D_ANCHORS = 52;
/** Scores in front of the first class: 1 where there is one of the background. */
export const D_FIRST_CLASS = 56;
/** Fast suppression: classes named of each box. */
export const D_PER_BOX = 60;
/** Regular suppression: most boxes of each class; 0 where suppression is the fast one, over all classes at once. */
export const D_PER_CLASS = 64;
/** Signed zero point of the output of boxes. */
export const D_BOX_ZERO = 68;
/** Centres: a value is this many 2^-D_STEP_BITS of its anchor's height or width. */
export const D_STEP_BITS = 72;
export const D_STEP_Y = 76;
export const D_STEP_X = 80;
/** Heights and widths: 256 factors of the anchor's, m * 2^e, m in the lower 24 bits, e signed in the upper 8. */
export const D_SIZE_HEIGHT = 84;
export const D_SIZE_WIDTH = 88;
/** Anchors: centre y, centre x, height, width, of D_ANCHOR_BYTES each (1 or 4). */
export const D_ANCHOR_TABLE = 92;
export const D_ANCHOR_BYTES = 96;
/** A value v of an anchor is (v - zero) * factor, in 2^-D_FRACTION pixels. */
export const D_ANCHOR_ZERO = 100;
export const D_ANCHOR_Y = 104;
export const D_ANCHOR_X = 108;
export const SSD_BYTES = 112;

// --- YOLO --------------------------------------------------------------------------------------------------------
export const D_GRIDS = 48;
/** 1: classes are told apart by softmax, and G_CLASS_TABLE is entered by how far a class is from the best one. */
export const D_SOFTMAX = 52;
/** The first grid; the others follow. */
export const YOLO_BYTES = 56;
export const G_OUTPUT = 0;
export const G_ROWS = 4;
export const G_COLUMNS = 8;
/** Boxes of each cell. */
export const G_ANCHORS = 12;
/** Bytes of the output from a cell, a box of it, and a field of that to the next. Fields: x, y, width, height, objectness?, classes. */
export const G_CELL_STEP = 16;
export const G_ANCHOR_STEP = 20;
export const G_FIELD_STEP = 24;
/** From a cell to the next, in 2^-D_FRACTION pixels. */
export const G_STRIDE_Y = 28;
export const G_STRIDE_X = 32;
/** Centres inside a cell: 256 signed values in 2^-D_FRACTION pixels. */
export const G_TABLE_Y = 36;
export const G_TABLE_X = 40;
/** Heights and widths: 256 factors of the anchor's, as those of SSD. */
export const G_TABLE_SIZE = 44;
/** Probabilities in 2^-15; objectness 0 where there is none. */
export const G_TABLE_OBJECT = 48;
export const G_TABLE_CLASS = 52;
/** Height and width of each anchor, in 2^-D_FRACTION pixels. */
export const G_ANCHOR_TABLE = 56;
export const GRID_BYTES = 60;

// --- LOCATE ------------------------------------------------------------------------------------------------------
/** Cells nearer than this, in km through the globe, are one place. */
export const D_NEAR = 48;
export const D_CELLS = 52;
export const LOCATE_BYTES = 56;
/** Latitude and longitude, signed, in 2^-16 degrees; km from the centre to the border. */
export const CELL_LATITUDE = 0;
export const CELL_LONGITUDE = 4;
export const CELL_RADIUS = 8;
/** The unit vector to the centre, signed, in 2^-24. */
export const CELL_X = 12;
export const CELL_Y = 16;
export const CELL_Z = 20;
export const CELL_BYTES = 24;

// --- gallery: slots of one size, each an entry of its own ---------------------------------------------------------------
/** CRC-32 of the rest of the slot; what is erased is all ones. It is written last. */
export const ENTRY_CRC = 0;
/** "DWG" and the version, 1. */
export const ENTRY_MAGIC = 4;
export const GALLERY_MAGIC = 0x01475744;
/** u16: values of the vector, and pictures that it is the mean of. */
export const ENTRY_VALUES = 8;
export const ENTRY_PICTURES = 10;
/** UTF-8, ended by a 0 byte. */
export const ENTRY_LABEL = 12;
export const ENTRY_LABEL_BYTES = 32;
/** int8 each. */
export const ENTRY_VECTOR = 44;
/** A mean gives way to new pictures no slower than this. */
export const MOST_PICTURES = 15;
export const MOST_VALUES = 4096;

// --- limits of what is opened --------------------------------------------------------------------------------------
export const MOST_CLASSES = 32768;
export const MOST_ANSWERS = 1024;
/** Boxes that are sorted, and cells of a grid: their numbers have 16 bits. */
export const MOST_BOXES = 32768;
export const MOST_INPUT = 4096;
export const MOST_GRIDS = 8;
/** Boxes of an answer in scratch: centre y and x, height and width, each with the power of two that it is in, and the class. */
export const KEPT_BYTES = 28;
