import test from 'ava';
import { cutGraph, findOutput, frontier, neededFor } from '../../src/import/cut.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';

/** a -> b -> c, b -> d, and e from c and d. */
const ITEMS = [
  { inputs: ['x'], outputs: ['a'] },
  { inputs: ['a', 'w'], outputs: ['b'] },
  { inputs: ['b'], outputs: ['c'] },
  { inputs: ['b'], outputs: ['d'] },
  { inputs: ['c', 'd'], outputs: ['e'] },
];
type Item = (typeof ITEMS)[number];

test('what some tensors need is kept in its order', (t) => {
  t.deepEqual(neededFor<string, Item>(ITEMS, ['d']), [ITEMS[0], ITEMS[1], ITEMS[3]]);
  t.deepEqual(neededFor<string, Item>(ITEMS, ['c', 'a']), ITEMS.slice(0, 3));
  t.deepEqual(neededFor<string, Item>(ITEMS, ['e']), ITEMS);
});

test('the tensors in front of what is refused, and outputs that need none of it', (t) => {
  const cut = (refused: Item[], outputs = ['e']) => frontier<string, Item>(ITEMS, new Set(refused), outputs);
  t.deepEqual(cut([ITEMS[4]]), ['c', 'd']);
  t.deepEqual(cut([ITEMS[2]]), ['b', 'd']);
  t.deepEqual(cut([ITEMS[2]], ['d']), ['b', 'd']);
  t.deepEqual(cut([ITEMS[3], ITEMS[4]], ['b']), ['b', 'c']);
  t.deepEqual(cut([ITEMS[0]]), []);
});

test('an output is found by its name, or by its number where the file has no names; near names are listed', (t) => {
  const names = new Map([
    [3, 'model/conv/Relu'],
    [7, 'model/conv_1/Relu'],
    [9, 'scores'],
    [12, ''],
  ]);
  t.is(findOutput('scores', names), 9);
  t.is(findOutput('12', names), 12);
  const near = (name: string) => t.throws(() => findOutput(name, names), { code: 'USAGE' })!.message;
  t.regex(near('score'), /no operator of the model gives a tensor "score"; near it: "scores", /);
  t.regex(near('CONV_1'), /near it: "model\/conv_1\/Relu", /);
  t.regex(near('modle/conv/Relu'), /near it: "model\/conv\/Relu", "model\/conv_1\/Relu", "scores"\./);
  t.regex(t.throws(() => findOutput('x', new Map([[1, '']])))!.message, /no names: give their numbers/);
});

test('a MobileNet that no file holds is cut, too', (t) => {
  const graph = buildMobileNet(parseSpec('mobilenet:0.25@96x96x1,2'));
  const [name] = graph.operators.slice(4, 5).map(({ outputs }) => graph.tensors[outputs[0]].name);
  const cut = cutGraph(graph, [name]);
  t.is(cut.operators.length, 5);
  t.deepEqual(cut.inputs, graph.inputs);
  t.is(cut.tensors[cut.outputs[0]].name, name);
});
