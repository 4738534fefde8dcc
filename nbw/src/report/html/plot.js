// A plot: an axis of rates, a place for a cursor, and word of pointers and keys.
const LEFT = 76, RIGHT = 8, TOP = 8, BOTTOM = 24;

class Plot {
  constructor(root, said, name) {
    this.root = root;
    this.said = said;
    this.name = name;
    this.tip = element('div', { class: 'tip', hidden: '' });
    root.append(this.tip);
    root.addEventListener('pointerleave', () => this.point(null));
  }

  // A clean drawing as wide as there is room, for rates of up to `up` above and `down` below.
  begin(up, down) {
    this.width = Math.max(this.root.clientWidth, 240);
    this.height = Math.max(220, Math.min(420, this.width / 2.2));
    this.right = this.width - RIGHT;
    this.bottom = this.height - BOTTOM;
    this.up = Math.max(up * 1.03, down > 0 ? 0 : 1);
    this.down = down * 1.03;
    this.scale = (this.bottom - TOP) / (this.up + this.down);
    this.svg = drawn('svg', { viewBox: `0 0 ${this.width} ${this.height}`, height: this.height, 'aria-hidden': 'true' });
    this.root.replaceChildren(this.svg, this.tip);
  }

  y(rate) { return Math.round((TOP + (this.up - rate) * this.scale) * 10) / 10; }

  rates() {
    const step = niceStep(26 / this.scale);
    for (let at = -Math.floor(this.down / step); at <= Math.floor(this.up / step); at += 1) {
      const y = this.y(at * step);
      this.svg.append(drawn('line', { class: 'grid', x1: LEFT, x2: this.right, y1: y, y2: y }),
        drawn('text', { x: LEFT - 6, y: y + 4, 'text-anchor': 'end' }, roundRate(Math.abs(at) * step)));
    }
  }

  below(x, label) {
    // Nothing of a label is outside.
    const half = label.length * 4.2;
    this.svg.append(drawn('line', { class: 'grid', x1: x, x2: x, y1: TOP, y2: this.bottom }),
      drawn('text', { x: Math.min(x, this.width - half), y: this.height - 7, 'text-anchor': 'middle' }, label));
  }

  zeroLine() {
    this.svg.append(drawn('line', { class: 'axis', x1: LEFT, x2: this.right, y1: this.y(0), y2: this.y(0) }));
  }

  // Shows a line at x and what there is: a title and rows of cells. Null hides it.
  point(x, title, rows) {
    if (this.cursor) this.cursor.remove();
    this.cursor = null;
    this.tip.hidden = x === null;
    if (x === null) return;
    this.cursor = drawn('line', { class: 'cursor', x1: x, x2: x, y1: TOP, y2: this.bottom });
    this.svg.append(this.cursor);
    const cells = (row) => element('tr', {}, ...row.map((cell, at) => element(at ? 'td' : 'th', {}, cell)));
    this.tip.replaceChildren(element('strong', {}, title), element('table', {}, ...rows.map(cells)));
    const left = x > this.width / 2 ? x - this.tip.offsetWidth - 12 : x + 12;
    this.tip.style.left = Math.max(0, Math.min(left, this.width - this.tip.offsetWidth)) + 'px';
  }

  // Says the same to those who do not see it.
  say(title, rows) {
    this.said.textContent = title + ': ' + rows.map((row) => row.join(' ')).join('; ');
  }
}
