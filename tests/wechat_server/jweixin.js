// Stands in for WeChat's own script: checks the page's signature with the platform, draws its tags, and asks the reader.
(() => {
  const OPENID = "{openid}", HERE = "{here}";
  const failed = [], ready = [];
  const tell = async (what, body) => {
    const answer = await fetch(`${HERE}/_page/${what}`, { method: "POST", body: JSON.stringify({ openid: OPENID, ...body }) });
    return answer.json();
  };
  const draw = (tag) => {
    const root = tag.attachShadow({ mode: "open" });
    root.innerHTML = tag.querySelector("script[type='text/wxtag-template']").textContent;
    root.querySelector("button").addEventListener("click", async () => {
      const templates = tag.getAttribute("template").split(",");
      const told = await tell("tap", { templates, accepts: window.confirm(`允许发送一次以下通知：${templates.join("、")}`) });
      tag.dispatchEvent(told.errcode
        ? new CustomEvent("error", { detail: { errMsg: told.errmsg, errCode: told.errcode } })
        : new CustomEvent("success", { detail: { errMsg: "subscribe:ok", subscribeDetails: told.subscribeDetails } }));
    });
  };
  window.wx = {
    error: (heard) => failed.push(heard),
    ready: (heard) => ready.push(heard),
    config: async (config) => {
      const told = OPENID ? await tell("config", { config, url: location.href.split("#")[0] }) : { errcode: 1, errmsg: "not in WeChat" };
      if (told.errcode) { failed.forEach((heard) => heard({ errMsg: `config:${told.errmsg}` })); return; }
      document.querySelectorAll("wx-open-subscribe").forEach(draw);
      ready.forEach((heard) => heard());
    },
  };
})();
