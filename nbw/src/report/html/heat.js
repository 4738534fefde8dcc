// The heat map is a table: it reads as one where colours are not seen.
function heatMap() {
  const choice = byId('heat-of');
  data.loads.forEach((load, at) => choice.append(element('option', { value: at }, load.name)));
  choice.addEventListener('change', () => drawHeat(data.loads[choice.value]));
  drawHeat(data.loads[0]);
}

function drawHeat(load) {
  const most = Math.max(...load.heat.flat().map((rate) => rate || 0));
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  // Every third hour has its label; the others have theirs for those who listen.
  const head = (hour) => element('th', { scope: 'col' },
    hour % 3 ? element('span', { class: 'hidden-text' }, two(hour) + ':00') : two(hour));
  const cell = (day, hour) => {
    const rateNow = load.heat[day][hour];
    const text = rateNow === null ? 'no record' : rate(rateNow);
    const made = element('td', {}, element('span', { class: 'hidden-text' }, text));
    if (rateNow !== null) made.style.background = `color-mix(in srgb, var(--high) ${most ? Math.round(rateNow / most * 100) : 0}%, var(--low))`;
    const said = `${DAYS[day]} ${two(hour)}:00 to ${two(hour + 1)}:00: ${text}`;
    made.addEventListener('pointerenter', () => { byId('heat-said').textContent = said; });
    return made;
  };
  const row = (name, day) => element('tr', {}, element('th', { scope: 'row' }, name), ...hours.map((hour) => cell(day, hour)));
  const caption = element('caption', {}, '0 ', element('span', { class: 'scale' }), ' ' + rate(most));
  const corner = element('td', {}, '');
  corner.style.background = 'none';
  byId('heat').replaceChildren(element('table', { class: 'heat' }, caption,
    element('thead', {}, element('tr', {}, corner, ...hours.map(head))), element('tbody', {}, ...DAYS.map(row))));
}
