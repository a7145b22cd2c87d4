/* The wall of cameras: tiles stay where they are while somebody looks; a new order waits until it is asked for. */
"use strict";
const CameraWall = (() => {
  const QUIET_MS = 60000; // untouched for so long, the wall puts itself in order
  const TAIL = 5; // of a name that is too long the end stands, too: its number is there
  const SEEN_MS = 15000; // a tile that changed is seen where it is before it goes anywhere
  const tiles = new Map();
  let wall = null;
  let words = {};
  let groups = [];
  let shown = "[]";
  let touchedAt = -Infinity;
  let arrangedAt = -Infinity;
  let waitsSince = null; // since when a new order waits
  let offsetMs = 0; // the server's clock less our own

  const make = (tag, className, inside = []) => {
    const made = document.createElement(tag);
    made.className = className;
    made.append(...inside);
    return made;
  };

  class Tile {
    constructor(told) {
      const parts = ["shot", "name", "state", "why"];
      for (const part of parts) this[part] = make("span", part === "state" ? "eh-chip" : `eh-cam-${part}`);
      this.text = make("span", "eh-cam-text");
      this.span = make("span", "eh-cam-span");
      this.why.append(this.text, " ", this.span);
      this.link = make("a", "eh-cam-link", parts.map((part) => this[part]));
      this.link.href = `/cameras/${told.id}`;
      this.box = make("li", "eh-cam", [this.link]);
      this.name.append(make("span", "eh-cam-head-of", [told.id.slice(0, -TAIL)]), make("span", "", [told.id.slice(-TAIL)]));
      this.told = told;
      this.picture = new CameraPictures.Picture(this.shot, this.pictured(told));
      this.tell(told);
    }

    pictured(told) {
      const dead = told.condition === "unknown";
      return { url: `/api/v1/cameras/${told.id}/snapshot.jpg`, every: told.every, why: told.picture, name: told.id, dead };
    }

    tell(told) {
      this.told = told;
      this.box.className = `eh-cam eh-is-${told.condition}`;
      CameraPictures.set(this.state, told.state);
      CameraPictures.set(this.text, told.why);
      this.link.setAttribute("aria-label", told.label);
      this.link.title = told.label;
      this.picture.tell(this.pictured(told));
      this.draw();
    }

    draw() {
      const { since, measured } = this.told;
      const began = since ?? measured; // how long it stands so, or how old its figures are
      const kind = since === null ? "age" : "span";
      CameraPictures.set(this.span, began === null ? "" : CameraPictures.lasting(kind, (Date.now() + offsetMs - began) / 1000));
    }
  }

  const known = () => groups.map(([name, ids]) => [name, ids.filter((id) => tiles.has(id))]).filter(([, ids]) => ids.length);

  /* Puts the tiles where ``groups`` has them; what has the focus keeps it. */
  const arrange = () => {
    const focused = document.activeElement;
    const now = known();
    const made = now.map(([name, ids]) => {
      const list = make("ul", "eh-cams", ids.map((id) => tiles.get(id).box));
      if (!name) return make("section", "eh-cam-group", [list]);
      const heading = make("h2", "eh-subtitle", [name, make("span", "eh-faint", [` ${ids.length}`])]);
      return make("section", "eh-cam-group", [heading, list]);
    });
    wall.replaceChildren(...made);
    if (focused && wall.contains(focused)) focused.focus({ preventScroll: true });
    for (const each of tiles.values()) each.placed = each.told.condition;
    shown = JSON.stringify(now);
    arrangedAt = performance.now();
    order();
  };

  /* A button that says how many changed since the tiles were put where they are. */
  const order = () => {
    const count = [...tiles.values()].filter((each) => each.told.condition !== each.placed).length;
    const place = document.getElementById("camera-order");
    if (!place) return;
    if (!place.firstChild) {
      place.append(make("button", "eh-cam-rearrange"));
      place.firstChild.addEventListener("click", arrange);
    }
    const waits = count > 0 && JSON.stringify(known()) !== shown;
    place.firstChild.hidden = !waits;
    if (waits) CameraPictures.set(place.firstChild, words.rearrange.replace("{count}", count));
  };

  const tell = (told) => {
    CameraPictures.beat();
    offsetMs = told.now - Date.now();
    wall ??= document.getElementById("camera-wall");
    if (!wall) return void requestAnimationFrame(() => tell(told));
    let fresh = false;
    for (const each of told.tiles) {
      const mine = tiles.get(each.id);
      if (mine) mine.tell(each);
      else tiles.set(each.id, new Tile(each));
      fresh ||= !mine;
    }
    for (const id of told.gone) {
      tiles.get(id)?.picture.end();
      tiles.get(id)?.box.remove();
      tiles.delete(id);
    }
    if (told.groups) groups = told.groups;
    if (told.at_once || fresh) arrange();
    else order();
  };

  const look = () => {
    const now = performance.now();
    wall?.classList.toggle("eh-wall-lost", CameraPictures.lost());
    for (const each of tiles.values()) each.draw();
    const waits = wall && JSON.stringify(known()) !== shown;
    waitsSince = waits ? waitsSince ?? now : null;
    const quiet = now - Math.max(touchedAt, arrangedAt) > QUIET_MS;
    if (waits && quiet && now - waitsSince > SEEN_MS) arrange();
  };

  const MOVES = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: "down", ArrowUp: "up", Home: "first", End: "last" };
  const links = () => [...wall.querySelectorAll(".eh-cam-link")];

  /* The tile above or below, by where it is drawn: groups have rows of different lengths. */
  const across = (from, direction) => {
    const here = from.getBoundingClientRect();
    const beyond = links().map((link) => [link, link.getBoundingClientRect()])
      .filter(([, box]) => (direction === "down" ? box.top > here.top + 4 : box.top < here.top - 4));
    const near = ([, box]) => Math.abs(box.top - here.top) * 10000 + Math.abs(box.left - here.left);
    return beyond.sort((one, other) => near(one) - near(other))[0]?.[0];
  };

  const moved = (event) => {
    const from = event.target.closest?.(".eh-cam-link");
    const move = MOVES[event.key];
    if (!from || !move || event.altKey || event.ctrlKey || event.metaKey) return;
    const every = links();
    const to = typeof move === "number" ? every[every.indexOf(from) + move]
      : move === "first" ? every[0] : move === "last" ? every.at(-1) : across(from, move);
    event.preventDefault();
    to?.focus();
  };

  const begin = (told) => {
    words = told;
    CameraPictures.begin(told);
    for (const touch of ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"])
      document.addEventListener(touch, () => { touchedAt = performance.now(); }, { capture: true, passive: true });
    document.addEventListener("keydown", moved);
    setInterval(look, 1000);
  };

  return { arrange, begin, tell };
})();
