// Numbers, times and elements: what all charts share. Names are only ever put into the page as text.
const data = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];

// As nbw's tables write it: two decimals below ten, one above, none without a prefix.
function withUnit(value, unit) {
  let power = 0;
  while (value >= 999.95 && power < PREFIXES.length - 1) { value /= 1000; power += 1; }
  if (power === 0) return (value < 9.95 ? String(Math.round(value * 10) / 10) : value.toFixed(0)) + ' ' + unit;
  return value.toFixed(value < 9.995 ? 2 : 1) + ' ' + PREFIXES[power] + unit;
}
const inBits = data.units === 'bits';
const volume = (bytes) => withUnit(bytes, 'B');
const rate = (perSecond) => inBits ? withUnit(perSecond * 8, 'bit/s') : withUnit(perSecond, 'B/s');
// Without decimals that say nothing.
const roundRate = (perSecond) => rate(perSecond).replace(/\.?0+ /, (zeros) => zeros.startsWith('.') ? ' ' : zeros);

// 1, 2 or 5 times a power of ten, in the units that are shown.
function niceStep(perSecond) {
  const factor = inBits ? 8 : 1;
  const value = Math.max(perSecond * factor, 1);
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((nice) => nice * power >= value * (1 - 1e-12)) * power / factor;
}

function element(name, attributes, ...children) {
  return filled(document.createElement(name), attributes, children);
}
function drawn(name, attributes, ...children) {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}
function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// The parts of time, with the clock of the report's zone and not of whoever reads it.
const time = {
  begins: data.parts,
  end: data.end,
  // The part that a moment (seconds) is in.
  at(second) {
    let low = 0, high = data.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (data.parts[middle] <= second) low = middle; else high = middle - 1;
    }
    return low;
  },
  endOf: (part) => part + 1 < data.parts.length ? data.parts[part + 1] : data.end,
  // A date whose UTC fields are those of the wall.
  wall: (second, part) => new Date((second + data.offsets[part]) * 1000),
};
const two = (number) => String(number).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
function dateOf(wall) {
  return wall.getUTCFullYear() + '-' + two(wall.getUTCMonth() + 1) + '-' + two(wall.getUTCDate());
}
function partName(part) {
  const wall = time.wall(data.parts[part], part);
  const seconds = data.bySeconds ? ':' + two(wall.getUTCSeconds()) : '';
  return data.byDays ? dateOf(wall) : dateOf(wall) + ' ' + two(wall.getUTCHours()) + ':' + two(wall.getUTCMinutes()) + seconds;
}

// Labels of a time axis: the finest step whose labels do not touch, at parts that begin on it.
const STEPS = [[1, 'second'], [2, 'second'], [5, 'second'], [10, 'second'], [30, 'second'], [60, 'time'], [300, 'time'], [900, 'time'], [1800, 'time'], [3600, 'time'], [7200, 'time'], [10800, 'time'], [21600, 'time'],
  [43200, 'time'], [86400, 'day'], [172800, 'day'], [345600, 'day'], [604800, 'day'], [1209600, 'day'], [2678400, 'month'], [8035200, 'quarter'],
  [31622400, 'year']];
function stepKey(wall, [seconds, kind]) {
  if (kind === 'year') return wall.getUTCFullYear();
  if (kind === 'month') return wall.getUTCFullYear() * 12 + wall.getUTCMonth();
  if (kind === 'quarter') return wall.getUTCFullYear() * 4 + Math.floor(wall.getUTCMonth() / 3);
  // Weeks begin on Monday: the epoch's first was on its fifth day.
  return Math.floor((wall.getTime() / 1000 - 4 * 86400) / seconds);
}
function stepLabel(wall, kind) {
  if (kind === 'year' || (kind !== 'second' && kind !== 'time' && kind !== 'day' && wall.getUTCMonth() === 0)) return String(wall.getUTCFullYear());
  if (kind === 'month' || kind === 'quarter') return MONTHS[wall.getUTCMonth()];
  if (kind === 'second' && wall.getUTCSeconds()) return two(wall.getUTCHours()) + ':' + two(wall.getUTCMinutes()) + ':' + two(wall.getUTCSeconds());
  if (kind === 'day' || wall.getUTCHours() + wall.getUTCMinutes() === 0) return MONTHS[wall.getUTCMonth()] + ' ' + wall.getUTCDate();
  return two(wall.getUTCHours()) + ':' + two(wall.getUTCMinutes());
}
function timeTicks(from, to, pixels) {
  const apart = 58 / pixels * (to - from);
  const step = STEPS.find(([seconds]) => seconds >= apart) || STEPS[STEPS.length - 1];
  const ticks = [];
  let last = null, free = -Infinity;
  for (let part = time.at(from); part < data.parts.length && data.parts[part] < to; part += 1) {
    const wall = time.wall(data.parts[part], part);
    const key = stepKey(wall, step);
    const fresh = last !== null ? key !== last : data.parts[part] >= from && stepKey(new Date(wall - 1000), step) !== key;
    if (fresh && data.parts[part] >= free) {
      ticks.push([data.parts[part], stepLabel(wall, step[1])]);
      free = data.parts[part] + apart * 0.85;
    }
    last = key;
  }
  return ticks;
}

// Which subjects are not shown, and who wants to know.
const hiddenSeries = new Set();
const watchers = [];
const redraw = () => watchers.forEach((draw) => draw());
const classOf = (who) => who === null ? 'ka' : data.series[who].rest ? 'kr' : 'k' + who % 10;
