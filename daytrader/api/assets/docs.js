"use strict";

// In its own file: the content security policy runs no inline script.
const place = document.getElementById("swagger-ui");

window.SwaggerUIBundle({
  url: place.dataset.specification,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  tryItOutEnabled: true,
  validatorUrl: null,
  // Swagger 2.0 knows no Bearer scheme: whoever pastes the bare token is understood too.
  requestInterceptor(request) {
    const token = request.headers.Authorization;
    if (token && !/^bearer /i.test(token)) request.headers.Authorization = `Bearer ${token}`;
    return request;
  },
});
