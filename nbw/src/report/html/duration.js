// Load duration curves: for which share of the time the rate was at least how high.
class DurationChart extends Plot {
  constructor() {
    super(byId('duration'), byId('duration-said'), 'duration');
    this.share = null;
    this.root.addEventListener('pointermove', (event) => {
      const box = this.root.getBoundingClientRect();
      this.show(((event.clientX - box.left) * this.width / box.width - LEFT) / (this.right - LEFT), false);
    });
    this.root.addEventListener('keydown', (event) => this.pressed(event));
    watchers.push(() => this.draw());
  }

  loads() { return data.loads.filter((load) => load.who === null || !hiddenSeries.has(load.who)); }
  x(share) { return LEFT + share * (this.right - LEFT); }

  draw() {
    const loads = this.loads();
    this.begin(Math.max(0, ...loads.map((load) => load.curve.length ? load.curve[0][1] : 0)), 0);
    this.rates();
    const step = this.width < 500 ? 25 : 10;
    for (let share = 0; share <= 100; share += step) this.below(this.x(share / 100), share + ' %');
    for (const load of loads.slice().reverse()) this.curve(load);
    this.svg.append(drawn('line', { class: 'bound', x1: this.x(0.05), x2: this.x(0.05), y1: TOP, y2: this.bottom }),
      drawn('text', { class: 'over', x: this.x(0.05) + 5, y: TOP + 12 }, '5 % of the time'));
    this.zeroLine();
  }

  curve(load) {
    let from = 0;
    const points = load.curve.flatMap(([share, rate]) => {
      const y = this.y(rate);
      const ends = [this.x(from).toFixed(1) + ' ' + y, this.x(share).toFixed(1) + ' ' + y];
      from = share;
      return ends;
    });
    if (!points.length) return;
    const line = 'M' + points.join('L');
    const base = `L${this.x(from).toFixed(1)} ${this.y(0)}L${LEFT} ${this.y(0)}Z`;
    this.svg.append(drawn('path', { class: 'area ' + classOf(load.who), d: line + base }),
      drawn('path', { class: 'line ' + classOf(load.who), d: line }));
  }

  pressed(event) {
    const step = { ArrowRight: 0.01, ArrowLeft: -0.01 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.show(Math.max(0, Math.min(1, (this.share === null ? 0.05 : this.share) + step)), true);
  }

  show(share, aloud) {
    if (share < 0 || share > 1) { this.point(null); return; }
    this.share = share;
    const rows = this.loads().slice(0, 14).map((load) => [load.name, rate(rateAt(load, share))]);
    const title = (share * 100).toFixed(0) + ' % of the time';
    this.point(this.x(share), title, rows);
    if (aloud) this.say(title, rows);
  }
}

function rateAt(load, share) {
  const found = load.curve.find(([end]) => end >= share - 1e-9);
  return found ? found[1] : 0;
}

function durationTable() {
  const shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];
  const head = element('tr', {}, element('th', { scope: 'col' }, 'Share of the time'),
    ...data.loads.map((load) => element('th', { scope: 'col' }, load.name)));
  const row = (share) => element('tr', {}, element('th', { scope: 'row' }, (share * 100).toFixed(0) + ' %'),
    ...data.loads.map((load) => element('td', {}, rate(rateAt(load, share)))));
  byId('duration-data').querySelector('.scroll').append(
    element('table', {}, element('thead', {}, head), element('tbody', {}, ...shares.map(row))));
}
