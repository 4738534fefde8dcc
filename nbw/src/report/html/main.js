// The table of totals is sorted by a click on a column's title.
function sortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = element('button', { type: 'button' }, ...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const up = head.getAttribute('aria-sort') === 'descending';
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const value = (row) => row.cells[column].dataset.value;
      const compare = column === 0 ? (a, b) => value(b).localeCompare(value(a)) : (a, b) => Number(value(b)) - Number(value(a));
      const rows = [...table.tBodies[0].rows].sort((a, b) => up ? compare(b, a) : compare(a, b));
      table.tBodies[0].append(...rows);
    });
  });
}

data.series.forEach((series, who) => { series.who = who; });
document.querySelectorAll('.needs-script').forEach((section) => { section.hidden = false; });
sortable(byId('totals'));
legend();
new RateChart();
rateTable();
if (data.loads.length) heatMap(); else byId('heat-title').closest('section').hidden = true;
new DurationChart();
durationTable();
redraw();
let width = window.innerWidth;
window.addEventListener('resize', () => { if (window.innerWidth !== width) { width = window.innerWidth; redraw(); } });
window.addEventListener('beforeprint', redraw);
