// Rates over time: received above the axis, sent below.
class RateChart extends Plot {
  constructor() {
    super(byId('rate'), byId('rate-said'), 'rate');
    this.reset = byId('rate-reset');
    this.stacked = byId('rate-stacked');
    [this.from, this.to] = [data.parts[0], data.end];
    this.part = null;
    this.reset.addEventListener('click', () => this.zoom(data.parts[0], data.end));
    this.stacked.addEventListener('change', redraw);
    this.listen();
    watchers.push(() => this.draw());
  }

  listen() {
    const root = this.root;
    root.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || this.xOf(event) < LEFT) return;
      this.grabbed = this.xOf(event);
      if (event.pointerType === 'mouse') root.setPointerCapture(event.pointerId);
    });
    root.addEventListener('pointermove', (event) => this.moved(this.xOf(event)));
    root.addEventListener('pointerup', (event) => this.released(this.xOf(event)));
    root.addEventListener('pointercancel', () => { this.grabbed = null; this.draw(); });
    root.addEventListener('wheel', (event) => this.wheeled(event), { passive: false });
    root.addEventListener('keydown', (event) => this.pressed(event));
  }

  xOf(event) {
    const box = this.root.getBoundingClientRect();
    return (event.clientX - box.left) * this.width / box.width;
  }

  x(second) { return Math.round((LEFT + (second - this.from) / (this.to - this.from) * (this.right - LEFT)) * 10) / 10; }
  second(x) { return this.from + (Math.max(LEFT, Math.min(x, this.right)) - LEFT) / (this.right - LEFT) * (this.to - this.from); }

  // No closer than three parts, and not beyond what there is.
  zoom(from, to) {
    const least = 3 * (data.end - data.parts[0]) / data.parts.length;
    if (to - from < least) { const middle = (from + to) / 2; from = middle - least / 2; to = middle + least / 2; }
    this.from = Math.max(data.parts[0], Math.min(from, data.end - least));
    this.to = Math.min(data.end, Math.max(to, this.from + least));
    this.reset.disabled = this.from <= data.parts[0] && this.to >= data.end;
    this.draw();
  }

  moved(x) {
    if (this.grabbed != null) {
      const [left, right] = [Math.min(x, this.grabbed), Math.max(x, this.grabbed)].map((x) => Math.max(LEFT, Math.min(x, this.right)));
      if (this.brush) this.brush.remove();
      this.brush = drawn('rect', { class: 'brush', x: left, width: right - left, y: TOP, height: this.bottom - TOP });
      this.svg.append(this.brush);
    } else if (x >= LEFT && x <= this.right) {
      this.show(time.at(this.second(x)), false);
    } else {
      this.point(null);
    }
  }

  released(x) {
    const from = this.grabbed;
    this.grabbed = null;
    if (from == null) return;
    // A click is no selection.
    if (Math.abs(x - from) > 8) this.zoom(this.second(Math.min(x, from)), this.second(Math.max(x, from))); else this.draw();
  }

  wheeled(event) {
    const out = event.deltaY > 0;
    // All is shown already: the page scrolls.
    if (event.deltaY === 0 || (out && this.reset.disabled)) return;
    event.preventDefault();
    this.scale_by(out ? 1.25 : 0.8, this.second(this.xOf(event)));
  }

  scale_by(factor, around) {
    this.zoom(around - (around - this.from) * factor, around + (this.to - around) * factor);
  }

  pressed(event) {
    const middle = this.part === null ? (this.from + this.to) / 2 : data.parts[this.part];
    const first = time.at(this.from), last = time.at(this.to - 1);
    const now = this.part === null ? first - 1 : this.part;
    const keys = {
      ArrowRight: () => this.show(Math.min(now + 1, last), true), ArrowLeft: () => this.show(Math.max(now - 1, first), true),
      Home: () => this.show(first, true), End: () => this.show(last, true),
      '+': () => this.scale_by(0.5, middle), '=': () => this.scale_by(0.5, middle), '-': () => this.scale_by(2, middle),
      Escape: () => { this.point(null); this.part = null; this.zoom(data.parts[0], data.end); }, 0: () => this.zoom(data.parts[0], data.end),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  show(part, aloud) {
    this.part = part;
    const seconds = secondsOf(part);
    const shown = visible().map((series) => [series.name, series.rx[part] / seconds, series.tx[part] / seconds]);
    const rows = data.recorded[part] === 0 ? [['nothing was recorded']]
      : shown.slice(0, 14).map(([name, rx, tx]) => [name, 'rx ' + rate(rx), 'tx ' + rate(tx)]);
    this.point(Math.max(LEFT, Math.min(this.right, this.x((data.parts[part] + time.endOf(part)) / 2))), partName(part), rows);
    if (aloud) this.say(partName(part), rows);
  }

  // The parts that are seen, as many together as are in a pixel.
  slices() {
    const first = time.at(this.from), last = time.at(this.to - 1e-6);
    const together = Math.max(1, Math.ceil((last - first + 1) / (this.root.clientWidth || 300)));
    const slices = [];
    for (let part = first; part <= last; part += together) {
      const end = Math.min(part + together - 1, last);
      const slice = { from: Math.max(data.parts[part], this.from), to: Math.min(time.endOf(end), this.to), seconds: 0, recorded: 0, part, end };
      for (let at = part; at <= end; at += 1) { slice.seconds += data.recorded[at]; slice.recorded += data.recorded[at]; }
      slices.push(slice);
    }
    return slices;
  }

  rates(slices, moved) {
    return slices.map((slice) => {
      let sum = 0;
      for (let part = slice.part; part <= slice.end; part += 1) sum += moved[part];
      return sum / Math.max(slice.seconds, 1);
    });
  }

  draw() {
    const slices = this.slices();
    const stacked = this.stacked.checked;
    const sides = ['rx', 'tx'].map((way) => visible().map((series) => [series, this.rates(slices, series[way])]));
    const most = sides.map((side) => slices.reduce((most, _, at) => {
      const rates = side.map(([, rates]) => rates[at]);
      return Math.max(most, stacked ? rates.reduce((sum, rate) => sum + rate, 0) : Math.max(0, ...rates));
    }, 0));
    this.begin(most[0], most[1]);
    for (const slice of slices.filter((slice) => slice.recorded === 0)) {
      const [x, end] = [this.x(slice.from), this.x(slice.to)];
      this.svg.append(drawn('rect', { class: 'unknown', x, width: end - x, y: TOP, height: this.bottom - TOP }));
    }
    super.rates();
    for (const [second, label] of timeTicks(this.from, this.to, this.right - LEFT)) this.below(this.x(second), label);
    sides.forEach((side, way) => this.side(slices, side, way === 0 ? 1 : -1, stacked));
    this.zeroLine();
  }

  side(slices, side, sign, stacked) {
    let below = slices.map(() => 0);
    const layers = side.map(([series, rates]) => {
      const low = stacked ? below : slices.map(() => 0);
      const high = rates.map((rate, at) => rate + low[at]);
      below = high;
      return [series, low, high];
    });
    // Lines: the busiest last, on top of the others.
    for (const [series, low, high] of stacked ? layers : layers.reverse()) {
      const colour = classOf(series.who);
      for (const [first, last] of runs(slices)) {
        const top = this.steps(slices, high, sign, first, last);
        const base = this.steps(slices, low, sign, first, last).reverse();
        this.svg.append(drawn('path', { class: (stacked ? 'stack ' : 'area ') + colour, d: 'M' + top.concat(base).join('L') + 'Z' }));
        if (!stacked) this.svg.append(drawn('path', { class: 'line ' + colour, d: 'M' + top.join('L') }));
      }
    }
  }

  // A rate is that of its whole part: steps, and no slopes that nobody measured.
  steps(slices, rates, sign, first, last) {
    const points = [];
    for (let at = first; at <= last; at += 1) {
      const y = this.y(sign * rates[at]);
      points.push(this.x(slices[at].from) + ' ' + y, this.x(slices[at].to) + ' ' + y);
    }
    return points;
  }
}

const visible = () => data.series.filter((series) => !hiddenSeries.has(series.who));
const secondsOf = (part) => data.recorded[part] || time.endOf(part) - data.parts[part];

// The stretches between which nothing was recorded.
function runs(slices) {
  const found = [];
  slices.forEach((slice, at) => {
    if (slice.recorded === 0) return;
    const last = found[found.length - 1];
    if (last && last[1] === at - 1) last[1] = at; else found.push([at, at]);
  });
  return found;
}

function legend() {
  const swatch = (who) => drawn('svg', { width: 14, height: 14, 'aria-hidden': 'true' },
    drawn('rect', { class: 'fill ' + classOf(who), width: 14, height: 14, rx: 3 }));
  for (const series of data.series) {
    const button = element('button', { type: 'button', 'aria-pressed': 'true' }, swatch(series.who), element('span', {}, series.name));
    button.addEventListener('click', () => {
      const hide = !hiddenSeries.has(series.who);
      if (hide) hiddenSeries.add(series.who); else hiddenSeries.delete(series.who);
      button.setAttribute('aria-pressed', String(!hide));
      redraw();
    });
    byId('legend').append(button);
  }
}

// The table behind the chart, made when it is opened.
function rateTable() {
  const shown = byId('rate-data');
  shown.addEventListener('toggle', () => {
    const room = shown.querySelector('.scroll');
    if (!shown.open || room.firstChild) return;
    const head = element('tr', {}, element('th', { scope: 'col' }, 'Time'),
      ...data.series.map((series) => element('th', { scope: 'col' }, series.name + ', rx / tx')));
    const row = (_, part) => element('tr', {}, element('th', { scope: 'row' }, partName(part)),
      ...data.series.map((series) => element('td', {}, volume(series.rx[part]) + ' / ' + volume(series.tx[part]))));
    room.append(element('table', {}, element('thead', {}, head), element('tbody', {}, ...data.parts.map(row))));
  });
}
